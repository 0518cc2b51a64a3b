use std::io::Write as _;

use super::*;

/// A tar with one entry of a kind, a name and a link target that may be anything.
fn tar_with(kind: tar::EntryType, name: &str, target: &str) -> Vec<u8> {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(0o644);
    header.set_size(if kind.is_file() { 4 } else { 0 });
    // The library refuses to write such names itself.
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header.as_old_mut().linkname[..target.len()].copy_from_slice(target.as_bytes());
    header.set_cksum();
    let mut builder = tar::Builder::new(Vec::new());
    builder.append(&header, &b"text"[..if kind.is_file() { 4 } else { 0 }]).unwrap();
    builder.into_inner().unwrap()
}

fn extracted(bytes: &[u8]) -> Result<tempfile::TempDir, UntarError> {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("t.tar");
    std::fs::write(&file, bytes).unwrap();
    let target = directory.path().join("out");
    std::fs::create_dir(&target).unwrap();
    extract(&file, &target, 1 << 20).map(|()| directory)
}

#[test]
fn plain_and_compressed_tars_are_extracted() {
    let plain = tar_with(tar::EntryType::Regular, "libs/a.jar", "");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&plain).unwrap();
    for bytes in [plain, gzip.finish().unwrap()] {
        let directory = extracted(&bytes).unwrap();
        let text = std::fs::read(directory.path().join("out/libs/a.jar")).unwrap();
        assert_eq!(text, b"text");
    }
}

#[test]
fn what_leads_outside_is_refused() {
    let cases = [
        (tar::EntryType::Regular, "../evil", ""),
        (tar::EntryType::Regular, "/evil", ""),
        (tar::EntryType::Regular, "a/../../evil", ""),
        (tar::EntryType::Symlink, "link", "/etc"),
        (tar::EntryType::Symlink, "a/link", "../../etc"),
        (tar::EntryType::Link, "link", "../etc"),
    ];
    for (kind, name, target) in cases {
        let error = extracted(&tar_with(kind, name, target)).unwrap_err();
        assert!(matches!(error, UntarError::Outside { .. }), "{name} {target}: {error}");
    }
    let inside = tar_with(tar::EntryType::Symlink, "a/link", "../b");
    assert!(extracted(&inside).is_ok());
}

#[test]
fn devices_and_damage_are_refused() {
    let device = tar_with(tar::EntryType::Block, "disk", "");
    assert!(matches!(extracted(&device), Err(UntarError::Special { .. })));
    let plain = tar_with(tar::EntryType::Regular, "a.jar", "");
    let cut = &plain[..600];
    assert!(matches!(
        extracted(&[&cut[..514], &[7; 700]].concat()),
        Err(UntarError::Failed { .. })
    ));
    assert!(matches!(extracted(&[0x1f, 0x8b, 0]), Err(UntarError::Failed { .. })));
}

/// Entries about the archive come first, as `git archive` and `tar --label` write them.
#[test]
fn what_is_said_about_the_archive_is_no_entry() {
    let comment = b"52 comment=0123456789012345678901234567890123456789\n";
    let mut builder = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_ustar();
    header.set_entry_type(tar::EntryType::XGlobalHeader);
    header.set_size(comment.len() as u64);
    header.set_path("pax_global_header").unwrap();
    header.set_cksum();
    builder.append(&header, comment.as_slice()).unwrap();
    let mut label = tar::Header::new_gnu();
    label.set_entry_type(tar::EntryType::new(b'V'));
    label.set_path("a label").unwrap();
    label.set_size(0);
    label.set_cksum();
    builder.append(&label, io::empty()).unwrap();
    let jar = tar_with(tar::EntryType::Regular, "a.jar", "");
    let bytes = [builder.into_inner().unwrap()[..1536].to_vec(), jar].concat();
    let directory = extracted(&bytes).unwrap();
    let names: Vec<_> = std::fs::read_dir(directory.path().join("out"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names, ["a.jar"]);
}

#[test]
fn zeros_do_not_fill_the_disk() {
    let mut builder =
        tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    let mut header = tar::Header::new_gnu();
    header.set_size(2 << 20);
    header.set_mode(0o644);
    builder.append_data(&mut header, "zeros", io::repeat(0).take(2 << 20)).unwrap();
    let bytes = builder.into_inner().unwrap().finish().unwrap();
    assert!(bytes.len() < 100_000);
    let error = extracted(&bytes).unwrap_err().to_string();
    assert!(
        error.contains(
            "more than 1048576 bytes once it is unpacked; `heron.topology.package.max.bytes`"
        ),
        "{error}"
    );
}

#[test]
fn another_kind_of_archive_is_called_by_its_name() {
    let error = extracted(b"\xfd7zXZ\0\0\0").unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("compressed by xz"), "{cause}");
}
