//! The scheduler endpoint: the order of checks, then the call itself. Source of facts: `docs/mesos.md#answers-to-calls`
//! and `tests/data/mesos/02-call-errors`.

use serde_json::Value;
use tokio::sync::mpsc::unbounded_channel;

use super::stream::{Split, Stream};
use super::{Master, validate};
use crate::http::{Piece, Request, Response};
use crate::wire;

/// The answer to a call.
pub enum Outcome {
    /// A plain answer.
    Plain(Response),
    /// A subscription: its stream id and the chunks to come.
    Subscribed(String, tokio::sync::mpsc::UnboundedReceiver<Piece>),
}

impl Master {
    /// Handles a request of the scheduler endpoint; leadership and authentication are settled already.
    pub fn scheduler(&mut self, request: &Request, principal: Option<&str>) -> (Value, Outcome) {
        match self.checked(request, principal) {
            Err(response) => (Value::Null, Outcome::Plain(response)),
            Ok(call) => {
                let outcome = self.dispatch(request, &call, principal);
                (call, outcome)
            }
        }
    }

    fn checked(&self, request: &Request, principal: Option<&str>) -> Result<Value, Response> {
        let bad = |text: String| Response::text(400, text);
        if request.method != "POST" {
            return Err(method_not_allowed(&request.method));
        }
        let call = body(request, "Call")?;
        validate::call(&call, principal)
            .map_err(|why| bad(format!("Failed to validate scheduler::Call: {why}")))?;
        let kind = wire::text(&call, "type");
        if matches!(kind.as_str(), "SUBSCRIBE" | "RECONCILE_OPERATIONS")
            && !validate::accepts_json(request.header("accept"))
        {
            return Err(not_acceptable());
        }
        let stream_id = request.header("mesos-stream-id");
        if kind == "SUBSCRIBE" {
            return match stream_id {
                Some(_) => {
                    Err(bad("Subscribe calls should not include the 'Mesos-Stream-Id' header"
                        .to_owned()))
                }
                None => Ok(call),
            };
        }
        let id = wire::id_of(&call, "framework_id");
        let Some(framework) = self.frameworks.get(&id) else {
            return Err(bad("Framework cannot be found".to_owned()));
        };
        if let Some(mine) = principal {
            let theirs = wire::text(&framework.info, "principal");
            if !theirs.is_empty() && theirs != mine {
                return Err(bad(validate::principal_mismatch(mine, &theirs)));
            }
        }
        let Some(stream) = &framework.stream else {
            return Err(Response::text(403, "Framework is not subscribed"));
        };
        match stream_id {
            None => {
                Err(bad("All non-subscribe calls should include the 'Mesos-Stream-Id' header"
                    .to_owned()))
            }
            Some(theirs) if theirs != stream.id => Err(bad(format!(
                "The stream ID '{theirs}' included in this request didn't match the stream ID \
                 currently associated with framework ID {id}"
            ))),
            Some(_) => Ok(call),
        }
    }

    fn dispatch(&mut self, request: &Request, call: &Value, principal: Option<&str>) -> Outcome {
        let accepted = Outcome::Plain(Response::empty(202));
        match call["type"].as_str().unwrap_or_default() {
            "SUBSCRIBE" => {
                let _ = request;
                let (pieces, chunks) = unbounded_channel();
                let id = uuid::Uuid::new_v4().to_string();
                let stream = Stream { id: id.clone(), pieces, split: self.split, silent: false };
                self.subscribe(call, principal, stream);
                return Outcome::Subscribed(id, chunks);
            }
            "TEARDOWN" => {
                self.remove_framework(&wire::id_of(call, "framework_id"));
            }
            "ACCEPT" => self.accept(call),
            "DECLINE" => self.decline(call),
            "REVIVE" => self.revive_or_suppress(call, true),
            "SUPPRESS" => self.revive_or_suppress(call, false),
            "KILL" => self.kill(call),
            "ACKNOWLEDGE" => self.acknowledge(call),
            "RECONCILE" => self.reconcile(call),
            "UPDATE_FRAMEWORK" => {
                return Outcome::Plain(match self.update_framework(call) {
                    Ok(()) => Response::empty(200),
                    Err((status, text)) => Response::text(status, text),
                });
            }
            "UNKNOWN" => return Outcome::Plain(Response::empty(501)),
            // Inverse offers, operations, messages, requests and SHUTDOWN have no effect here.
            _ => {}
        }
        accepted
    }

    /// Whether streams put all that is ready into one chunk.
    pub fn merges(&self) -> bool {
        self.split == Split::Merge
    }
}

/// Parses a JSON body, with the checks of Content-Type.
pub fn body(request: &Request, message: &str) -> Result<Value, Response> {
    match request.header("content-type") {
        None => Err(Response::text(400, "Expecting 'Content-Type' to be present")),
        Some("application/json") => {
            validate::parse(&request.body).map_err(|text| Response::text(400, text))
        }
        // This master doesn't speak protobuf.
        Some("application/x-protobuf") => {
            Err(Response::text(400, format!("Failed to parse body into {message} protobuf")))
        }
        Some(_) => Err(Response::text(
            415,
            "Expecting 'Content-Type' of application/json or application/x-protobuf",
        )),
    }
}

/// 405 for everything but POST.
pub fn method_not_allowed(method: &str) -> Response {
    let text =
        format!("405 Method Not Allowed. Expecting one of {{ 'POST' }}, but received '{method}'.");
    Response::text(405, text).with("Allow", "POST")
}

/// 406.
pub fn not_acceptable() -> Response {
    Response::text(
        406,
        "Expecting 'Accept' to allow 'application/x-protobuf' or 'application/json'",
    )
}
