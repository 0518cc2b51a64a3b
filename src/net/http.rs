//! HTTP clients: the one place that decides about proxies, certificates, redirects, time limits and the size of answers.
//!
//! `docs/network.md` says what each connection of this tool is made with.

use std::time::Duration;

use reqwest::{Client, ClientBuilder, NoProxy, Proxy, RequestBuilder, Response, redirect};

use super::cause::chain;
use super::redact::redact;
use super::tls::{Roots, Tls, TlsError};
use super::unreachable::Unreachable;

/// Who this is, for servers.
pub const USER_AGENT: &str = concat!("heron-cli/", env!("CARGO_PKG_VERSION"));

/// Redirects of one download that are followed.
const REDIRECTS: usize = 10;
/// How long a connection that nobody uses is kept.
const IDLE: Duration = Duration::from_secs(30);

/// What the environment, or a setting, says of proxies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies {
    /// For `http`.
    pub http: Option<String>,
    /// For `https`.
    pub https: Option<String>,
    /// Hosts without a proxy, separated by commas.
    pub none: Option<String>,
}

impl Proxies {
    /// One proxy for everything.
    #[must_use]
    pub fn all(proxy: &str) -> Self {
        let proxy = Some(proxy.to_owned());
        Self { http: proxy.clone(), https: proxy, none: None }
    }

    /// What the environment says, read as other programs read it. A CGI's `HTTP_PROXY` is a client's header, and no proxy.
    #[must_use]
    pub fn of_environment<'a>(get: impl Fn(&str) -> Option<&'a str>) -> Self {
        let either = |one: &str, two: &str| get(one).or_else(|| get(two)).map(str::to_owned);
        let all = either("all_proxy", "ALL_PROXY");
        Self {
            http: get("http_proxy").map(str::to_owned).or_else(|| all.clone()),
            https: either("https_proxy", "HTTPS_PROXY").or(all),
            none: either("no_proxy", "NO_PROXY"),
        }
    }

    /// Whether there is any.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.http.is_none() && self.https.is_none()
    }
}

/// The way to servers.
#[derive(Clone, Debug, Default)]
pub enum Route {
    /// Straight: clusters have private names, which proxies don't know.
    #[default]
    Direct,
    /// Through proxies, where there are any.
    Proxied(Proxies),
}

/// Which redirects are followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Redirects {
    /// None: who asks decides, or what is sent must not go anywhere else.
    #[default]
    None,
    /// Those of a download: a few, never from https to http, and credentials only to the first server.
    Download,
}

/// Whether TLS is spoken.
#[derive(Clone, Debug, Default)]
pub enum Security {
    /// Never: no certificates are read, which takes longer than a short command may.
    #[default]
    Plain,
    /// Where the URL says so.
    Tls(Tls),
}

/// What a client is made with.
#[derive(Clone, Debug)]
pub struct Options {
    /// The way.
    pub route: Route,
    /// TLS.
    pub security: Security,
    /// Redirects.
    pub redirects: Redirects,
    /// For a TCP connection and its TLS.
    pub connect_timeout: Duration,
    /// How long a server may be silent, if this is to be bounded here.
    pub silence: Option<Duration>,
    /// How long a whole answer may take, if this is to be bounded here.
    pub total: Option<Duration>,
    /// Whether a connection may carry another request afterwards.
    pub reuse: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            route: Route::Direct,
            security: Security::Plain,
            redirects: Redirects::None,
            connect_timeout: Duration::from_secs(10),
            silence: None,
            total: None,
            reuse: true,
        }
    }
}

/// A client that can't be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {why}")]
pub struct ClientError {
    /// Which setting is wrong.
    pub what: &'static str,
    /// What is wrong with it.
    pub why: String,
}

impl From<TlsError> for ClientError {
    fn from(error: TlsError) -> Self {
        Self { what: error.part.name(), why: error.why }
    }
}

/// Makes a client. Every client of this tool is made here.
///
/// # Errors
/// What is wrong with the certificates or the proxies.
pub fn client(options: &Options) -> Result<Client, ClientError> {
    let mut builder = Client::builder()
        .user_agent(USER_AGENT)
        .http1_only()
        .referer(false)
        .redirect(policy(options.redirects))
        .connect_timeout(options.connect_timeout)
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(if options.reuse { usize::MAX } else { 0 })
        .tcp_keepalive(IDLE);
    if let Some(silence) = options.silence {
        builder = builder.read_timeout(silence);
    }
    if let Some(total) = options.total {
        builder = builder.timeout(total);
    }
    builder = match &options.security {
        Security::Plain => builder.tls_certs_only(std::iter::empty()),
        Security::Tls(tls) => {
            let mut config = tls.config(Roots::System)?;
            // What this speaks, for servers that ask.
            config.alpn_protocols = vec![b"http/1.1".to_vec()];
            builder.tls_backend_preconfigured(config)
        }
    };
    let bad = |what| move |error: reqwest::Error| ClientError { what, why: redact(&chain(&error)) };
    with_proxies(builder, &options.route).map_err(bad("proxy"))?.build().map_err(bad("client"))
}

fn with_proxies(builder: ClientBuilder, route: &Route) -> reqwest::Result<ClientBuilder> {
    // What the environment says comes in by our own hands only.
    let mut builder = builder.no_proxy();
    if let Route::Proxied(proxies) = route {
        let except = || proxies.none.as_deref().and_then(NoProxy::from_string);
        if let Some(proxy) = &proxies.http {
            builder = builder.proxy(Proxy::http(proxy)?.no_proxy(except()));
        }
        if let Some(proxy) = &proxies.https {
            builder = builder.proxy(Proxy::https(proxy)?.no_proxy(except()));
        }
    }
    Ok(builder)
}

fn policy(redirects: Redirects) -> redirect::Policy {
    if redirects == Redirects::None {
        return redirect::Policy::none();
    }
    // Credentials go to the first server only; reqwest sees to that.
    redirect::Policy::custom(|attempt| {
        let was_safe = attempt.previous().last().is_some_and(|from| from.scheme() == "https");
        if attempt.previous().len() > REDIRECTS {
            attempt.error("it redirects too often")
        } else if was_safe && attempt.url().scheme() != "https" {
            attempt.error("it redirects from https to http")
        } else {
            attempt.follow()
        }
    })
}

/// Sends a request, and waits for the head of its answer.
///
/// # Errors
/// There was none.
pub async fn send(request: RequestBuilder) -> reqwest::Result<Response> {
    #[cfg(test)]
    if let Some(network) = super::tests::simulated::network() {
        return network.answer(request.build()?).await;
    }
    request.send().await
}

/// Why a body could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// It is longer than it may be.
    #[error("the answer is longer than {0} bytes")]
    TooLong(usize),
    /// It broke off.
    #[error("{0}")]
    Broken(Unreachable),
}

/// A whole body, of so many bytes at most.
///
/// # Errors
/// [`BodyError`]; nothing of a body that is too long is kept.
pub async fn body(mut response: Response, limit: usize) -> Result<Vec<u8>, BodyError> {
    let mut bytes = Vec::new();
    let broken = |error| BodyError::Broken(Unreachable::from(&error));
    while let Some(chunk) = response.chunk().await.map_err(broken)? {
        if bytes.len() + chunk.len() > limit {
            return Err(BodyError::TooLong(limit));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// The beginning of a body as text, whatever else goes wrong: at most `limit` bytes of it, and no waiting for more than
/// `silence`.
pub async fn beginning(mut response: Response, limit: usize, silence: Duration) -> String {
    let mut bytes = Vec::new();
    while let Ok(Ok(Some(chunk))) = tokio::time::timeout(silence, response.chunk()).await {
        bytes.extend_from_slice(&chunk);
        if bytes.len() >= limit {
            bytes.truncate(limit);
            break;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests;
