//! The routes of an agent. Source of facts: `docs/mesos.md#agents`.

use std::sync::{Arc, Weak};

use super::{Agent, files};
use crate::cluster::Sim;
use crate::http::{Answer, Handler, Request, Response};
use crate::master::calls::{body, method_not_allowed};
use crate::master::http::authenticate;
use crate::master::operator::version;

/// The handler of one agent.
pub fn handler(sim: Weak<Sim>, index: usize) -> Handler {
    Arc::new(move |request| {
        let sim = sim.clone();
        Box::pin(async move {
            let response = sim.upgrade().and_then(|sim| {
                sim.with(|cluster| cluster.agents.get(index).map(|agent| agent.answer(&request)))
            });
            response.map_or(Answer::Hangup, Answer::Full)
        })
    })
}

impl Agent {
    fn answer(&self, request: &Request) -> Response {
        let path = request.path.trim_end_matches('/');
        let path = path.strip_prefix("/slave(1)").unwrap_or(path);
        match path {
            "/health" => return Response::empty(200),
            "/version" => return Response::json(version().to_string().into_bytes()),
            _ => {}
        }
        if let Err(response) = authenticate(&self.settings, "agent", "agent", request) {
            return response;
        }
        match path {
            "/state" => Response::json(self.state_json().to_string().into_bytes()),
            "/containers" => Response::json(self.containers_json().to_string().into_bytes()),
            "/files/browse" => files::request(self, "browse", request),
            "/files/read" => files::request(self, "read", request),
            "/files/download" => files::request(self, "download", request),
            "/api/v1" if request.method != "POST" => method_not_allowed(&request.method),
            "/api/v1" => match body(request, "v1::agent::Call") {
                Err(response) => response,
                Ok(call) => match call["type"].as_str() {
                    Some("LIST_FILES" | "READ_FILE") => files::call(self, &call),
                    Some("GET_HEALTH") => {
                        let text = r#"{"type":"GET_HEALTH","get_health":{"healthy":true}}"#;
                        Response::json(text.into())
                    }
                    _ => Response::text(
                        400,
                        "Failed to validate agent::Call: Expecting 'type' to be present",
                    ),
                },
            },
            _ => Response::text(404, "404 Not Found."),
        }
    }
}
