//! The routes of a master, and the faults that a test has switched on. Source of facts:
//! `docs/mesos.md#answers-to-calls`, `docs/mesos.md#redirects`, `docs/mesos.md#operator-endpoints`,
//! `docs/mesos.md#authentication`.

use std::sync::{Arc, Weak};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::calls::Outcome;
use super::{Master, Phase, operator};
use crate::cluster::{Cluster, Sim};
use crate::faults::Fault;
use crate::http::{Answer, Handler, Request, Response};

/// The handler of one master.
pub fn handler(sim: Weak<Sim>, index: usize) -> Handler {
    Arc::new(move |request| {
        let sim = sim.clone();
        Box::pin(async move {
            match sim.upgrade() {
                Some(sim) => answer(&sim, index, request).await,
                None => Answer::Hangup,
            }
        })
    })
}

async fn answer(sim: &Arc<Sim>, index: usize, request: Request) -> Answer {
    let path = plain_path(&request.path).to_owned();
    let endpoint = format!("{} {path}", request.method);
    let call: Value = if path == "/api/v1/scheduler" {
        serde_json::from_slice(&request.body).unwrap_or_default()
    } else {
        Value::Null
    };
    let kind = call["type"].as_str().unwrap_or_default().to_owned();
    let fault = sim.with(|cluster| cluster.faults.next(&[&kind, &endpoint]));
    let noted = |status: u16| {
        sim.with(|cluster| {
            if !call.is_null() {
                cluster.log.call(index, &call, status);
            }
        });
    };
    match &fault {
        Some(Fault::Answer { status, text, headers }) => {
            noted(*status);
            let mut response = Response::text(*status, text.clone());
            for (name, value) in headers {
                // Headers of faults live as long as the process; there are few.
                response = response.with(Box::leak(name.clone().into_boxed_str()), value.clone());
            }
            return Answer::Full(response);
        }
        Some(Fault::Hangup) => {
            noted(0);
            return Answer::Hangup;
        }
        Some(Fault::Silence) => {
            noted(0);
            return Answer::Silence;
        }
        Some(Fault::Ignore) => {
            noted(202);
            return Answer::Full(Response::empty(202));
        }
        Some(Fault::Delay(wait)) => tokio::time::sleep(*wait).await,
        Some(Fault::HangupAfter) | None => {}
    }
    let gzip = request.header("accept-encoding").is_some_and(|v| v.contains("gzip"));
    let answer = sim.with(|cluster| cluster.master_request(index, &path, &request));
    match answer {
        Answer::Full(_) if fault == Some(Fault::HangupAfter) => Answer::Hangup,
        Answer::Full(response) if gzip => Answer::Full(compressed(response)),
        other => other,
    }
}

/// The path without the prefix `/master` and without a slash at the end.
fn plain_path(path: &str) -> &str {
    let path = path.trim_end_matches('/');
    match path.strip_prefix("/master") {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => rest,
        _ => path,
    }
}

/// Bodies of 1 KiB and more are compressed when the client allows it.
fn compressed(mut response: Response) -> Response {
    use std::io::Write as _;
    if response.body.len() < 1024 {
        return response;
    }
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    match encoder.write_all(&response.body).and_then(|()| encoder.finish()) {
        Ok(body) => {
            response.body = body;
            response.with("Content-Encoding", "gzip")
        }
        Err(_) => response,
    }
}

/// The realm of an endpoint; `None` for those that are open to everybody.
fn realm(path: &str) -> Option<&'static str> {
    match path {
        "/health" | "/version" | "/redirect" => None,
        "/api/v1/scheduler" => Some("frameworks"),
        "/api/v1" | "/teardown" => Some("readwrite"),
        _ => Some("readonly"),
    }
}

impl Cluster {
    /// Answers a request to a master.
    fn master_request(&mut self, index: usize, path: &str, request: &Request) -> Answer {
        let me = self.me();
        let Some(seat) = self.masters.get_mut(index) else { return Answer::Hangup };
        let master = &mut seat.master;
        if path != "/api/v1/scheduler" {
            self.log.request(&request.method, path);
        }
        if master.phase == Phase::Starting {
            return Answer::Full(Response::text(404, "404 Not Found."));
        }
        let principal = match master.authenticate(path, request) {
            Ok(principal) => principal,
            Err(response) => return Answer::Full(response),
        };
        if path != "/api/v1/scheduler" {
            return Answer::Full(master.operator_request(path, request));
        }
        if let Some(response) = master.not_leading(path, request) {
            return Answer::Full(response);
        }
        if master.phase == Phase::Recovering {
            return Answer::Full(Response::text(503, "Master has not finished recovery"));
        }
        let merge = master.merges();
        let master_id = master.id.clone();
        let (call, outcome) = master.scheduler(request, principal.as_deref());
        let status = match &outcome {
            Outcome::Plain(response) => response.status,
            Outcome::Subscribed(..) => 200,
        };
        let call = if call.is_null() {
            serde_json::from_slice(&request.body).unwrap_or_default()
        } else {
            call
        };
        self.log.call(index, &call, status);
        match outcome {
            Outcome::Plain(response) => Answer::Full(response),
            Outcome::Subscribed(stream_id, pieces) => Answer::Stream {
                headers: vec![
                    ("Mesos-Stream-Id", stream_id.clone()),
                    ("Content-Type", "application/json".to_owned()),
                ],
                pieces,
                merge,
                closed: Box::new(move || {
                    if let Some(sim) = me.upgrade() {
                        sim.with(|cluster| cluster.stream_closed(index, &master_id, &stream_id));
                    }
                }),
            },
        }
    }

    fn stream_closed(&mut self, index: usize, master_id: &str, stream_id: &str) {
        let Some(seat) = self.masters.get_mut(index).filter(|s| s.master.id == master_id) else {
            return;
        };
        let found = seat.master.frameworks.values().find(|framework| {
            framework.stream.as_ref().is_some_and(|stream| stream.id == stream_id)
        });
        if let Some(id) = found.map(|framework| framework.id.clone()) {
            seat.master.stream_closed(&id, stream_id);
        }
    }
}

impl Master {
    /// Checks basic authentication; the principal, if the realm wants one.
    fn authenticate(&self, path: &str, request: &Request) -> Result<Option<String>, Response> {
        match realm(path) {
            None => Ok(None),
            Some(realm) => authenticate(&self.settings, "master", realm, request),
        }
    }

    /// The answer of a master that does not lead.
    fn not_leading(&self, path: &str, request: &Request) -> Option<Response> {
        if self.leads() {
            return None;
        }
        let Some(leader) = &self.leader else {
            return Some(Response::text(503, "No leader elected"));
        };
        let query =
            if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
        let place = format!("//{}:{}/master{path}{query}", leader.hostname, leader.port);
        Some(Response::empty(307).with("Location", place))
    }

    fn operator_request(&mut self, path: &str, request: &Request) -> Response {
        match path {
            "/health" => return Response::empty(200),
            "/version" => return Response::json(operator::version().to_string().into_bytes()),
            "/flags" => return Response::json(operator::flags(self).to_string().into_bytes()),
            "/metrics/snapshot" => {
                return Response::json(operator::metrics(self).to_string().into_bytes());
            }
            "/redirect" => {
                return match &self.leader {
                    None => Response::text(503, "No leader elected"),
                    Some(leader) => Response::empty(307)
                        .with("Location", format!("//{}:{}", leader.hostname, leader.port)),
                };
            }
            _ => {}
        }
        let known = [
            "/state",
            "/state-summary",
            "/frameworks",
            "/tasks",
            "/slaves",
            "/roles",
            "/teardown",
            "/api/v1",
        ];
        if !known.contains(&path) {
            return Response::text(404, "404 Not Found.");
        }
        if let Some(response) = self.not_leading(path, request) {
            return response;
        }
        match path {
            "/api/v1" => self.operator_call(request),
            "/teardown" => self.teardown_request(request),
            _ => self.read_request(path, request),
        }
    }

    fn read_request(&self, path: &str, request: &Request) -> Response {
        let value = match path {
            "/state" => self.state_json(),
            "/state-summary" => self.summary_json(),
            "/frameworks" => self.frameworks_json(request.parameter("framework_id").as_deref()),
            "/tasks" => self.tasks_json(request),
            "/slaves" => self.slaves_json(request.parameter("slave_id").as_deref()),
            _ => self.roles_json(),
        };
        let mut body = value.to_string().into_bytes();
        if let Some(function) = request.parameter("jsonp") {
            body = [format!("{function}(").as_bytes(), &body, b");"].concat();
        }
        Response::json(body)
    }
}

/// HTTP basic authentication in one realm of a master or an agent.
pub fn authenticate(
    settings: &crate::options::Settings,
    kind: &str,
    realm: &str,
    request: &Request,
) -> Result<Option<String>, Response> {
    let Some((principal, secret)) = &settings.credentials else { return Ok(None) };
    if !settings.authenticate.iter().any(|name| name == realm) {
        return Ok(None);
    }
    let given = request
        .header("authorization")
        .and_then(|value| value.strip_prefix("Basic "))
        .and_then(|encoded| STANDARD.decode(encoded).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok());
    let parts: Vec<&str> = given.as_deref().unwrap_or_default().split(':').collect();
    if parts == [principal.as_str(), secret.as_str()] {
        return Ok(Some(principal.clone()));
    }
    let name = match realm {
        "frameworks" => format!("mesos-{kind}-scheduler"),
        "agent" => format!("mesos-{kind}-readonly"),
        other => format!("mesos-{kind}-{other}"),
    };
    let mut response = Response::text(401, "401 Unauthorized.");
    response.headers.push(("WWW-Authenticate", format!("Basic realm=\"{name}\"")));
    Err(response)
}
