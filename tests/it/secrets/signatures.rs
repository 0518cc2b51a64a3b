//! Whether a request was signed with a key, as the services check it.

use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};

use super::wire::Request;

/// HMAC-SHA256 (RFC 2104).
fn hmac(key: &[u8], message: &str) -> Vec<u8> {
    let mut block = if key.len() > 64 { Sha256::digest(key).to_vec() } else { key.to_vec() };
    block.resize(64, 0);
    let pad = |with: u8| block.iter().map(|byte| byte ^ with).collect::<Vec<_>>();
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize().to_vec()
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether Amazon would take it: version 4 of their signatures.
pub fn by_amazons_key(request: &Request, secret: &str) -> bool {
    let given = request.header("authorization");
    let part = |name: &str| {
        let found = given.split([' ', ',']).find_map(|part| part.strip_prefix(name));
        found.unwrap_or_default()
    };
    let Some((_, scope)) = part("Credential=").split_once('/') else { return false };
    let names = part("SignedHeaders=");
    let headers: String =
        names.split(';').map(|name| format!("{name}:{}\n", request.header(name))).collect();
    let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
    let canonical = format!(
        "{}\n{path}\n{query}\n{headers}\n{names}\n{}",
        request.method,
        request.header("x-amz-content-sha256")
    );
    let text = format!(
        "AWS4-HMAC-SHA256\n{}\n{scope}\n{}",
        request.header("x-amz-date"),
        hexadecimal(&Sha256::digest(canonical))
    );
    let first = format!("AWS4{secret}").into_bytes();
    let key = scope.split('/').fold(first, |key, part| hmac(&key, part));
    hexadecimal(&hmac(&key, &text)) == part("Signature=")
}

/// Whether Microsoft would take it: their `SharedKey`.
pub fn by_microsofts_key(request: &Request, account: &str, key: &str) -> bool {
    let given = request.header("authorization").strip_prefix("SharedKey ");
    let plain = [
        "content-encoding",
        "content-language",
        "content-length",
        "content-md5",
        "content-type",
        "date",
        "if-modified-since",
        "if-match",
        "if-none-match",
        "if-unmodified-since",
        "range",
    ];
    let plain: String = plain.iter().map(|name| format!("{}\n", request.header(name))).collect();
    let mut own: Vec<String> = request
        .headers()
        .iter()
        .filter(|(name, _)| name.starts_with("x-ms-"))
        .map(|(name, value)| format!("{name}:{value}\n"))
        .collect();
    own.sort();
    let text = format!("{}\n{plain}{}/{account}{}", request.method, own.concat(), request.target);
    let signature = hmac(&BASE64_STANDARD.decode(key).unwrap(), &text);
    given == Some(&format!("{account}:{}", BASE64_STANDARD.encode(signature)))
}

/// Whether Google would take it: a token that the key of a service account has signed.
pub fn by_googles_key(request: &Request, directory: &Path, public_key: &Path) -> bool {
    let Some(token) = request.header("authorization").strip_prefix("Bearer ") else { return false };
    let Some((message, signature)) = token.rsplit_once('.') else { return false };
    let (signed, by) = (directory.join("message"), directory.join("signature"));
    std::fs::write(&signed, message).unwrap();
    std::fs::write(&by, BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
    let mut openssl = Command::new("openssl");
    openssl.args(["dgst", "-sha256", "-verify"]).arg(public_key).arg("-signature").arg(by);
    openssl.arg(signed).output().unwrap().status.success()
}

#[test]
fn hmac_is_that_of_its_specification() {
    // RFC 4231, test case 2.
    let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    assert_eq!(hexadecimal(&hmac(b"Jefe", "what do ya want for nothing?")), expected);
}
