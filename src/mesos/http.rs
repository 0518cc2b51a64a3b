//! HTTP as Mesos needs it (`docs/mesos.md#connections`, `docs/mesos.md#redirects`, `docs/mesos.md#authentication`): own
//! redirects, own credentials, HTTP/1.1, never a proxy. What the scheduler stream, the operator endpoints
//! and the sandbox files share.

mod error;

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, LOCATION, WWW_AUTHENTICATE};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::json;
use super::master::{LeaderUrl, Scheme};
use crate::net;
use crate::net::deadline::{Deadline, Stopped};
use crate::net::http::{BodyError, ClientError, Options, Security};
use crate::net::redact::redact;
use crate::net::tls::Tls;
use crate::net::unreachable::Unreachable;
pub use error::HttpError;
use error::MAX_HOPS;

/// More than any answer has: `/state` of a big cluster takes tens of megabytes.
const MAX_BODY: usize = 256 * 1024 * 1024;
/// How much of an error text is shown.
const MAX_TEXT: usize = 1000;
/// How long the rest of an error text is waited for.
const TEXT_SILENCE: Duration = Duration::from_secs(5);

/// How requests are authenticated.
#[derive(Clone, Debug, Default)]
pub enum Authorization {
    /// Not at all.
    #[default]
    None,
    /// HTTP basic: the only kind that plain Mesos knows.
    Basic {
        /// The principal; without a colon.
        principal: String,
        /// Its secret; without a colon.
        secret: SecretString,
    },
    /// The value of the `Authorization` header as it is, such as `token=…` for DC/OS.
    Header(SecretString),
}

/// Settings of [`Http`].
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// Credentials.
    pub authorization: Authorization,
    /// Certificates.
    pub tls: Tls,
    /// For a TCP connection and its TLS.
    pub connect_timeout: Duration,
    /// For a whole answer, the event stream excepted (there: until its head).
    pub request_timeout: Duration,
    /// For everything that is waited for.
    pub deadline: Deadline,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            authorization: Authorization::None,
            tls: Tls::default(),
            connect_timeout: Duration::from_secs(5),
            request_timeout: Duration::from_secs(20),
            deadline: Deadline::never(),
        }
    }
}

/// Sends requests to masters and agents. Cheap to clone; connections are pooled.
#[derive(Clone)]
pub struct Http(Arc<Inner>);

struct Inner {
    settings: HttpSettings,
    authorization: Option<HeaderValue>,
    /// Whether TLS has been spoken.
    secure: AtomicBool,
    plain: OnceLock<Client>,
    tls: OnceLock<Client>,
    /// For streams: a master answers no second request on a connection that has carried one
    /// (`docs/mesos.md#connections`), so that it must not come back into a pool.
    stream_plain: OnceLock<Client>,
    stream_tls: OnceLock<Client>,
}

/// Whether a connection may carry another request afterwards.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reuse {
    Yes,
    No,
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").field("settings", &self.0.settings).finish_non_exhaustive()
    }
}

impl Http {
    /// Checks the settings. Certificates are looked at here, those of the system not before a TLS connection.
    pub fn new(settings: HttpSettings) -> Result<Self, HttpError> {
        let authorization = header_of(&settings.authorization)?;
        let tls = &settings.tls;
        let checks_certificates = tls.ca_pem.is_some() || tls.identity_pem.is_some();
        let http = Self(Arc::new(Inner {
            settings,
            authorization,
            secure: AtomicBool::new(false),
            plain: OnceLock::new(),
            tls: OnceLock::new(),
            stream_plain: OnceLock::new(),
            stream_tls: OnceLock::new(),
        }));
        if checks_certificates {
            http.build(Scheme::Https, Reuse::Yes)?;
        }
        Ok(http)
    }

    /// The principal of basic authentication, which `FrameworkInfo.principal` must equal.
    #[must_use]
    pub fn principal(&self) -> Option<&str> {
        match &self.0.settings.authorization {
            Authorization::Basic { principal, .. } => Some(principal),
            Authorization::None | Authorization::Header(_) => None,
        }
    }

    /// Until when is waited, for whatever it is.
    #[must_use]
    pub fn deadline(&self) -> &Deadline {
        &self.0.settings.deadline
    }

    /// Waits for something that a server is asked: as long as an answer may take, and no longer than the deadline and a
    /// signal allow.
    pub(super) async fn wait<T>(
        &self,
        url: &Url,
        answer: impl Future<Output = reqwest::Result<T>>,
    ) -> Result<T, HttpError> {
        let what = || format!("waiting for {}", url.origin().ascii_serialization());
        match self.deadline().run_saying(self.0.settings.request_timeout, what, answer).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => {
                Err(HttpError::Unreachable { url: url.clone(), cause: (&error).into() })
            }
            Err(stopped) => Err(ended(url, stopped)),
        }
    }

    /// A request with credentials; without any timeout but that of the connection.
    pub(crate) fn request(&self, method: Method, url: Url) -> Result<RequestBuilder, HttpError> {
        self.prepare(method, url, Reuse::Yes)
    }

    /// The same for an answer that is a stream, on a connection of its own.
    pub(crate) fn stream(&self, method: Method, url: Url) -> Result<RequestBuilder, HttpError> {
        self.prepare(method, url, Reuse::No)
    }

    fn prepare(&self, method: Method, url: Url, reuse: Reuse) -> Result<RequestBuilder, HttpError> {
        let scheme = scheme_of(&url);
        let request = self.client(scheme, reuse)?.request(method, url);
        // What was sent by TLS once never goes over a line that others can read.
        let secure = match scheme {
            Scheme::Https => true,
            Scheme::Http => !self.has_spoken_tls(),
        };
        Ok(match &self.0.authorization {
            Some(value) if secure => request.header(AUTHORIZATION, value.clone()),
            _ => request,
        })
    }

    fn client(&self, scheme: Scheme, reuse: Reuse) -> Result<&Client, HttpError> {
        let inner = &self.0;
        let cell = match (scheme, reuse) {
            (Scheme::Http, Reuse::Yes) => &inner.plain,
            (Scheme::Http, Reuse::No) => &inner.stream_plain,
            (Scheme::Https, Reuse::Yes) => &inner.tls,
            (Scheme::Https, Reuse::No) => &inner.stream_tls,
        };
        if scheme == Scheme::Https {
            inner.secure.store(true, Ordering::Relaxed);
        }
        if let Some(client) = cell.get() {
            return Ok(client);
        }
        let client = self.build(scheme, reuse)?;
        Ok(cell.get_or_init(|| client))
    }

    /// Sends a request and waits for the head of the answer, whatever its status.
    pub(crate) async fn send(
        &self,
        method: Method,
        url: &Url,
        content: Option<(&'static str, Vec<u8>)>,
    ) -> Result<Response, HttpError> {
        let mut request = self.request(method, url.clone())?;
        if let Some((kind, body)) = content {
            request = request.header(CONTENT_TYPE, kind).body(body);
        }
        self.wait(url, net::http::send(request)).await
    }

    /// Reads without saying who asks: for what everybody may know, such as whether a master lives.
    pub(crate) async fn send_anonymously(&self, url: &Url) -> Result<Response, HttpError> {
        let scheme = scheme_of(url);
        let request = self.client(scheme, Reuse::Yes)?.get(url.clone());
        self.wait(url, net::http::send(request)).await
    }

    /// Whether TLS has been spoken: then no credentials go over a plain connection any more.
    #[must_use]
    pub fn has_spoken_tls(&self) -> bool {
        self.0.secure.load(Ordering::Relaxed)
    }

    /// Like [`Http::send`], following redirects between masters; says who answered.
    pub(crate) async fn follow(
        &self,
        leader: &LeaderUrl,
        method: &Method,
        path: &str,
        query: &[(&str, &str)],
        content: Option<(&'static str, Vec<u8>)>,
    ) -> Result<(LeaderUrl, Url, Response), HttpError> {
        let mut at = leader.clone();
        for _ in 0..=MAX_HOPS {
            let url = at.join(path, query);
            let response = self.send(method.clone(), &url, content.clone()).await?;
            if !response.status().is_redirection() {
                return Ok((at, url, response));
            }
            at = location(&at, &url, &response)?;
        }
        Err(HttpError::TooManyRedirects { url: at.join(path, query) })
    }

    /// Reads a document from the leader.
    pub(crate) async fn get_json<T: serde::de::DeserializeOwned>(
        &self,
        leader: &LeaderUrl,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T, HttpError> {
        let (_, url, response) = self.follow(leader, &Method::GET, path, query, None).await?;
        let body = self.body(&url, self.expect_ok(&url, response).await?).await?;
        json::read(&body)
            .map_err(|error| bad_answer(&url, format!("no such JSON as expected: {error}")))
    }

    /// A whole body, bounded.
    pub(crate) async fn body(&self, url: &Url, response: Response) -> Result<Vec<u8>, HttpError> {
        let what = || format!("waiting for {}", url.origin().ascii_serialization());
        let read = net::http::body(response, MAX_BODY);
        match self.deadline().run_saying(self.0.settings.request_timeout, what, read).await {
            Ok(Ok(body)) => Ok(body),
            Ok(Err(BodyError::TooLong(limit))) => {
                Err(bad_answer(url, format!("more than {limit} bytes")))
            }
            Ok(Err(BodyError::Broken(cause))) => {
                Err(HttpError::Unreachable { url: url.clone(), cause })
            }
            Err(stopped) => Err(ended(url, stopped)),
        }
    }

    /// Passes 200 on, makes an error of everything else.
    pub(crate) async fn expect_ok(
        &self,
        url: &Url,
        response: Response,
    ) -> Result<Response, HttpError> {
        if response.status() == StatusCode::OK {
            Ok(response)
        } else {
            Err(self.failure(url, response).await)
        }
    }

    /// The error that a status means.
    pub(crate) async fn failure(&self, url: &Url, response: Response) -> HttpError {
        let status = response.status();
        let challenge = response.headers().get(WWW_AUTHENTICATE);
        let challenge = challenge.and_then(|value| value.to_str().ok());
        let challenge = challenge.unwrap_or("no realm named").to_owned();
        let retry_after = net::retry::retry_after(&response);
        let retry_after =
            retry_after.map(|pause| u16::try_from(pause.as_secs()).unwrap_or(u16::MAX));
        // The beginning of a text, whatever else goes wrong.
        let text = net::http::beginning(response, 4 * MAX_TEXT, TEXT_SILENCE);
        let text = self.deadline().run(self.0.settings.request_timeout, text).await;
        let text = text.unwrap_or_default();
        let text: String = text.trim().chars().take(MAX_TEXT).collect();
        let text = if text.is_empty() { "no text".to_owned() } else { redact(&text) };
        let url = url.clone();
        match status.as_u16() {
            401 => HttpError::Unauthorized { url, challenge },
            403 => HttpError::Forbidden { url, text },
            404 => HttpError::NotFound { url, text },
            status @ (429 | 500 | 502..=504) => {
                HttpError::NotReady { url, status, text, retry_after }
            }
            status => HttpError::Rejected { url, status, text },
        }
    }

    fn build(&self, scheme: Scheme, reuse: Reuse) -> Result<Client, HttpError> {
        let settings = &self.0.settings;
        let options = Options {
            security: match scheme {
                Scheme::Http => Security::Plain,
                Scheme::Https => Security::Tls(settings.tls.clone()),
            },
            connect_timeout: settings.connect_timeout,
            reuse: reuse == Reuse::Yes,
            ..Options::default()
        };
        let client = net::http::client(&options);
        client.map_err(|ClientError { what, why }| HttpError::Setup { what, reason: why })
    }
}

fn scheme_of(url: &Url) -> Scheme {
    if url.scheme() == "https" { Scheme::Https } else { Scheme::Http }
}

fn header_of(authorization: &Authorization) -> Result<Option<HeaderValue>, HttpError> {
    let text = match authorization {
        Authorization::None => return Ok(None),
        Authorization::Header(value) => value.clone(),
        Authorization::Basic { principal, secret } => {
            if principal.contains(':') || secret.expose_secret().contains(':') {
                return Err(HttpError::Setup {
                    what: "credentials",
                    reason: "Mesos can't read a principal or secret with a colon".into(),
                });
            }
            let pair = format!("{principal}:{}", secret.expose_secret());
            SecretString::from(format!("Basic {}", STANDARD.encode(pair)))
        }
    };
    let mut value = HeaderValue::from_str(text.expose_secret()).map_err(|_| HttpError::Setup {
        what: "Authorization header",
        reason: "it has a character that no header may have".into(),
    })?;
    value.set_sensitive(true);
    Ok(Some(value))
}

/// Where a redirect leads to.
pub(crate) fn location(
    at: &LeaderUrl,
    url: &Url,
    response: &Response,
) -> Result<LeaderUrl, HttpError> {
    let location =
        response.headers().get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    at.redirected(location)
        .ok_or_else(|| bad_answer(url, format!("{} with Location {location:?}", response.status())))
}

/// What the end of a wait means.
fn ended(url: &Url, stopped: Stopped) -> HttpError {
    let url = url.clone();
    match stopped {
        Stopped::TimedOut => HttpError::Unreachable { url, cause: Unreachable::TimedOut },
        Stopped::Signal(signal) => HttpError::Interrupted { url, signal },
    }
}

pub(crate) fn bad_answer(url: &Url, reason: String) -> HttpError {
    HttpError::BadAnswer { url: url.clone(), reason }
}

#[cfg(test)]
mod tests;
