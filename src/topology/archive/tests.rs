use super::*;

#[test]
fn formats_are_told_by_their_first_bytes() {
    assert_eq!(Format::of(b"\x1f\x8b\x08"), Some(Format::Gzip));
    assert_eq!(Format::of(b"PK\x03\x04rest"), Some(Format::Zip));
    assert_eq!(Format::of(b"\xfd7zXZ\0\0"), Some(Format::Xz));
    assert_eq!(Format::of(b"release.yaml\0"), None);
    assert_eq!(Format::of(b""), None);
}

#[test]
fn what_is_no_tar_is_called_by_its_name() {
    let error = |bytes: &'static [u8]| open(bytes).err().map(|error| error.to_string());
    assert_eq!(
        error(b"\xfd7zXZ\0\x01\x02").as_deref(),
        Some("it is a file compressed by xz; a tar, or a tar compressed by gzip, is read here")
    );
    assert!(error(b"PK\x03\x04").unwrap().contains("a zip archive"));
    assert!(error(b"<html>not found").unwrap().contains("a web page"));
    assert_eq!(error(b"a/b\0"), None);
}

#[test]
fn errors_hold_nothing_of_the_file() {
    let garbage = [0x1b_u8; 1024];
    let mut archive = tar::Archive::new(open(garbage.as_slice()).unwrap());
    let error = archive.entries().unwrap().next().unwrap().err().unwrap();
    let error = TarError::from(error);
    assert!(matches!(error, TarError::Damaged), "{error:?}");
    assert!(!format!("{error} {error:?}").contains('\u{1b}'));
}
