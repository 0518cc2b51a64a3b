use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Redirect, Response as Answer};

use super::*;

type Seen = Arc<Mutex<Vec<String>>>;

/// A server that notes who was asked for what, with which headers; `/to/<host:port>` redirects.
async fn server() -> (u16, Seen) {
    async fn answer(State(seen): State<Seen>, request: Request) -> Answer {
        let headers = request.headers();
        let header = |name: &str| headers.get(name).map(|value| format!(" {name}={value:?}"));
        let told = ["authorization", "referer", "cookie"].into_iter().filter_map(header);
        let line = format!("{}{}", request.uri(), told.collect::<String>());
        seen.lock().unwrap().push(line);
        let path = request.uri().path();
        if let Some(to) = path.strip_prefix("/to/") {
            return Redirect::temporary(&format!("http://{to}/end")).into_response();
        }
        "0123456789".into_response()
    }
    let seen = Seen::default();
    let app = Router::new().fallback(answer).with_state(seen.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { axum::serve(listener, app).await });
    (port, seen)
}

fn take(seen: &Seen) -> Vec<String> {
    std::mem::take(&mut seen.lock().unwrap())
}

async fn get(options: &Options, url: &str) -> reqwest::Result<Response> {
    client(options).unwrap().get(url).basic_auth("me", Some("hunter2")).send().await
}

#[tokio::test]
async fn redirects_are_followed_by_downloads_only_and_tell_nobody_who_we_are() {
    let ((first, asked), (second, there)) = (server().await, server().await);
    let url = format!("http://127.0.0.1:{first}/to/127.0.0.1:{second}?sig=hunter2");
    let stays = get(&Options::default(), &url).await.unwrap();
    assert_eq!(stays.status(), 307);
    assert_eq!(take(&there).len(), 0);
    assert_eq!(take(&asked).len(), 1);
    let download = Options { redirects: Redirects::Download, ..Options::default() };
    assert_eq!(get(&download, &url).await.unwrap().status(), 200);
    assert!(take(&asked)[0].contains("authorization"));
    assert_eq!(take(&there), ["/end"]);
}

#[tokio::test]
async fn proxies_are_used_where_they_are_meant() {
    let ((proxy, through), (port, straight)) = (server().await, server().await);
    let url = format!("http://127.0.0.1:{port}/x");
    let proxies = Proxies::all(&format!("http://127.0.0.1:{proxy}"));
    let route = |proxies: &Proxies| Options {
        route: Route::Proxied(proxies.clone()),
        ..Options::default()
    };
    get(&route(&proxies), &url).await.unwrap();
    assert_eq!((take(&through).len(), take(&straight).len()), (1, 0));
    let except = Proxies { none: Some("127.0.0.1".to_owned()), ..proxies };
    get(&route(&except), &url).await.unwrap();
    get(&Options::default(), &url).await.unwrap();
    assert_eq!((take(&through).len(), take(&straight).len()), (0, 2));
}

#[test]
fn the_environment_is_read_as_others_read_it() {
    let of = |variables: &'static [(&str, &str)]| {
        Proxies::of_environment(|name| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| *value)
        })
    };
    let found = of(&[("http_proxy", "a"), ("HTTPS_PROXY", "b"), ("no_proxy", "c")]);
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(found, Proxies { http: some("a"), https: some("b"), none: some("c") });
    assert!(of(&[("HTTP_PROXY", "a"), ("NO_PROXY", "b")]).is_empty());
    assert_eq!(of(&[("ALL_PROXY", "a")]), Proxies::all("a"));
}

#[test]
fn proxies_that_are_none_are_refused_without_their_passwords() {
    let error = |proxy: &str| {
        let route = Route::Proxied(Proxies::all(proxy));
        client(&Options { route, ..Options::default() }).unwrap_err()
    };
    assert_eq!(error("\u{0}").what, "proxy");
    assert!(!error("http://me:hunter2@h:99999").to_string().contains("hunter2"));
}

#[tokio::test]
async fn bodies_are_bounded() {
    let (port, _) = server().await;
    let url = format!("http://127.0.0.1:{port}/");
    let get = async || get(&Options::default(), &url).await.unwrap();
    assert_eq!(body(get().await, 10).await.unwrap(), b"0123456789");
    assert_eq!(body(get().await, 9).await, Err(BodyError::TooLong(9)));
    assert_eq!(beginning(get().await, 4, Duration::from_secs(5)).await, "0123");
}
