//! Archives from S3: what of them is run, and what is refused.

use std::io::{Cursor, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{Builder, EntryType, Header};
use tokio::process::Command;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::bad_input::failed;
use crate::fetch_and_run::{fetch, is_empty, scratch, terminate};
use crate::loopback::Aws;
use crate::{output, stderr, stdout};

/// Something in an archive; its name is written as it stands, whatever is thought of it.
enum Item<'a> {
    File(&'a str, u32, &'a [u8]),
    Folder(&'a str),
    Link(&'a str, &'a str),
    HardLink(&'a str, &'a str),
    Special(&'a str, EntryType),
}

const SAYS: &[u8] = b"#!/bin/sh\necho \"$PWD [$1] [$2]\"; cat data/in.txt\n";

fn good() -> Vec<Item<'static>> {
    vec![
        Item::Folder("bin"),
        // Archivers of other systems often lose the right to execute.
        Item::File("bin/run.sh", 0o644, SAYS),
        Item::File("./data/in.txt", 0o600, b"data\n"),
    ]
}

fn zipped(items: &[Item<'_>]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for item in items {
        match item {
            Item::File(name, mode, content) => {
                archive.start_file(*name, SimpleFileOptions::default().unix_permissions(*mode)).expect("a file");
                archive.write_all(content).expect("its content");
            }
            Item::Folder(name) => archive.add_directory(*name, SimpleFileOptions::default()).expect("a folder"),
            Item::Link(name, to) => archive.add_symlink(*name, *to, SimpleFileOptions::default()).expect("a link"),
            Item::HardLink(..) | Item::Special(..) => panic!("zip has none"),
        }
    }
    archive.finish().expect("the archive's end").into_inner()
}

fn tarred(items: &[Item<'_>]) -> Vec<u8> {
    let mut archive = Builder::new(GzEncoder::new(Vec::new(), Compression::default()));
    for item in items {
        let (name, kind, mode, content, link) = match item {
            Item::File(name, mode, content) => (name, EntryType::Regular, *mode, *content, None),
            Item::Folder(name) => (name, EntryType::Directory, 0o755, &[][..], None),
            Item::Link(name, to) => (name, EntryType::Symlink, 0o777, &[][..], Some(to)),
            Item::HardLink(name, to) => (name, EntryType::Link, 0o644, &[][..], Some(to)),
            Item::Special(name, kind) => (name, *kind, 0o644, &[][..], None),
        };
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_size(content.len().try_into().expect("a small file"));
        // The writer refuses names that lead out, so they are put there past it.
        let raw = header.as_gnu_mut().expect("a GNU header");
        raw.name[..name.len()].copy_from_slice(name.as_bytes());
        if let Some(to) = link {
            raw.linkname[..to.len()].copy_from_slice(to.as_bytes());
        }
        header.set_cksum();
        archive.append(&header, content).expect("an entry");
    }
    archive.into_inner().expect("tar's end").finish().expect("gzip's end")
}

/// The runner set to run a file of the archive, `zip` or `tar.gz`, that is put there.
fn command(aws: &Aws, scratch: &tempfile::TempDir, kind: &str, archive: Vec<u8>, args: &[&str]) -> Command {
    aws.put("/bucket/job.sh", archive);
    let mut command = fetch(aws, scratch, args);
    command.env("BATCH_FILE_TYPE", kind);
    command
}

fn archives(items: &[Item<'_>]) -> [(&'static str, Vec<u8>); 2] {
    [("zip", zipped(items)), ("tar.gz", tarred(items))]
}

#[tokio::test]
async fn a_file_of_an_archive_is_run_in_the_folder_that_it_is_unpacked_to() {
    let aws = Aws::start().await;
    for (kind, archive) in archives(&good()) {
        for name in ["bin/run.sh", "./bin/run.sh"] {
            let scratch = scratch();
            let output = output(command(&aws, &scratch, kind, archive.clone(), &[name, "a b", "--c"])).await;
            let said = stdout(&output);
            assert_eq!(output.status.code(), Some(0), "{kind}: {}", stderr(&output));
            let folder = said.split(' ').next().map(Path::new).expect("the working directory");
            assert!(folder.starts_with(scratch.path().canonicalize().expect("it is there")), "{said}");
            assert!(said.ends_with(" [a b] [--c]\ndata\n"), "{said}");
            assert!(is_empty(&scratch), "nothing stays");
        }
    }
}

#[tokio::test]
async fn links_that_stay_inside_lead_where_they_did() {
    let aws = Aws::start().await;
    let mut items = good();
    items.extend([Item::Link("data/again.txt", "../data/in.txt"), Item::Link("run", "bin/run.sh")]);
    for (kind, archive) in archives(&items) {
        let scratch = scratch();
        let output = output(command(&aws, &scratch, kind, archive, &["run", "x"])).await;
        assert!(stdout(&output).ends_with("[x] []\ndata\n"), "{kind}: {}", stderr(&output));
    }
    items.push(Item::HardLink("bin/other.sh", "bin/run.sh"));
    let scratch = scratch();
    let output = output(command(&aws, &scratch, "tar.gz", tarred(&items), &["bin/other.sh"])).await;
    assert!(stdout(&output).ends_with("data\n"), "{}", stderr(&output));
}

#[tokio::test]
async fn no_path_link_or_device_leaves_the_folder() {
    let aws = Aws::start().await;
    let both = [
        (Item::File("../out.sh", 0o755, SAYS), "`../out.sh`, which would lie outside"),
        (Item::File("a/../../out.sh", 0o755, SAYS), "which would lie outside"),
        (Item::File("/tmp/jobwire-out.sh", 0o755, SAYS), "`/tmp/jobwire-out.sh`, which would lie outside"),
        (Item::Link("etc", "/etc"), "the link `etc` leads to nothing inside"),
        (Item::Link("up", "../.."), "the link `up` leads to nothing inside"),
        (Item::Link("dangling", "nowhere"), "the link `dangling` leads to nothing inside"),
    ];
    for (item, words) in both {
        let mut items = good();
        items.push(item);
        for (kind, archive) in archives(&items) {
            let scratch = scratch();
            let said = failed(command(&aws, &scratch, kind, archive, &["bin/run.sh"]), &scratch).await;
            assert!(said.contains(words), "{kind}: {said}");
        }
    }
    for (item, words) in [
        (Item::HardLink("passwd", "/etc/passwd"), "which would lie outside"),
        (Item::HardLink("passwd", "../../../etc/passwd"), "which would lie outside"),
        (Item::Special("null", EntryType::Char), "a device, a pipe or something unknown"),
        (Item::Special("pipe", EntryType::Fifo), "a device, a pipe or something unknown"),
    ] {
        let mut items = good();
        items.push(item);
        let scratch = scratch();
        let said = failed(command(&aws, &scratch, "tar.gz", tarred(&items), &["bin/run.sh"]), &scratch).await;
        assert!(said.contains(words), "{said}");
    }
}

#[tokio::test]
async fn nothing_is_written_through_a_link_of_the_archive_itself() {
    let aws = Aws::start().await;
    let (scratch, outside) = (scratch(), scratch());
    let target = outside.path().to_string_lossy().into_owned();
    let items =
        [Item::Link("door", &target), Item::File("door/planted", 0o644, b"x"), Item::File("run.sh", 0o755, SAYS)];
    for (kind, archive) in archives(&items) {
        failed(command(&aws, &scratch, kind, archive, &["run.sh"]), &scratch).await;
        assert!(is_empty(&outside), "{kind}");
    }
}

#[tokio::test]
async fn an_archive_that_is_none_or_ends_early_is_told_apart_from_one_without_the_file() {
    let aws = Aws::start().await;
    let scratch = scratch();
    for (kind, archive) in archives(&good()) {
        let whole = archive.len();
        for kept in [whole / 2, whole - 30] {
            let said = failed(command(&aws, &scratch, kind, archive[..kept].to_vec(), &["bin/run.sh"]), &scratch).await;
            assert!(said.contains("cannot unpack s3://bucket/job.sh: ") && said.contains("missing"), "{kind}: {said}");
        }
        let said = failed(command(&aws, &scratch, kind, b"#!/bin/sh\necho\n".to_vec(), &["run.sh"]), &scratch).await;
        assert!(said.contains(if kind == "zip" { "no zip archive" } else { "no gzip archive" }), "{kind}: {said}");
        let said = failed(command(&aws, &scratch, kind, archive.clone(), &["run.sh"]), &scratch).await;
        assert!(said.contains("no file `run.sh`; it has 2 files: bin/run.sh, "), "{kind}: {said}");
        let said = failed(command(&aws, &scratch, kind, archive, &["../script"]), &scratch).await;
        assert!(said.contains("`../script` is no name of a file in the archive"), "{kind}: {said}");
    }
}

#[tokio::test]
async fn a_changed_byte_is_found_by_the_archive_s_own_checksum() {
    let aws = Aws::start().await;
    let scratch = scratch();
    for (kind, mut archive) in archives(&good()) {
        let at = if kind == "zip" { 30 + "bin/".len() + 46 } else { archive.len() - 6 };
        archive[at] ^= 0x55;
        failed(command(&aws, &scratch, kind, archive, &["bin/run.sh"]), &scratch).await;
    }
}

#[tokio::test]
async fn a_bomb_ends_at_the_limits_of_ratio_bytes_and_entries() {
    let aws = Aws::start().await;
    let scratch = scratch();
    let blanks = vec![0; 96 * 1024 * 1024];
    let bomb = [Item::File("run.sh", 0o755, SAYS), Item::File("blanks", 0o644, &blanks)];
    for (kind, archive) in archives(&bomb) {
        let said = failed(command(&aws, &scratch, kind, archive.clone(), &["run.sh"]), &scratch).await;
        assert!(said.contains("more than 200 times its size; BATCH_FILE_MAX_RATIO"), "{kind}: {said}");
        let mut limited = command(&aws, &scratch, kind, archive.clone(), &["run.sh"]);
        limited.env("BATCH_FILE_MAX_MIB", "5");
        let said = failed(limited, &scratch).await;
        assert!(said.contains("more than 5 MiB; BATCH_FILE_MAX_MIB"), "{kind}: {said}");
        let mut limited = command(&aws, &scratch, kind, archive, &["run.sh"]);
        limited.env("BATCH_FILE_MAX_ENTRIES", "1");
        let said = failed(limited, &scratch).await;
        assert!(said.contains("more than 1 entries; BATCH_FILE_MAX_ENTRIES"), "{kind}: {said}");
    }
}

#[tokio::test]
async fn what_no_file_holds_counts_too() {
    let aws = Aws::start().await;
    let scratch = scratch();
    let blanks = vec![0; 96 * 1024 * 1024];
    let with_size = |kind: EntryType| {
        let mut archive = Builder::new(GzEncoder::new(Vec::new(), Compression::default()));
        for (kind, content) in [(kind, blanks.as_slice()), (EntryType::Regular, SAYS)] {
            let mut header = Header::new_gnu();
            header.set_entry_type(kind);
            header.set_path("run.sh").expect("a short name");
            header.set_mode(0o755);
            header.set_size(content.len().try_into().expect("a size"));
            header.set_cksum();
            archive.append(&header, content).expect("an entry");
        }
        archive.into_inner().expect("tar's end").finish().expect("gzip's end")
    };
    // A name of 96 MiB would be read into memory whole; a folder's content and a commit's remarks are skipped.
    for (kind, words) in [
        (EntryType::GNULongName, "has a head of more than 1 MiB"),
        (EntryType::XHeader, "has a head of more than 1 MiB"),
        (EntryType::Directory, "more than 200 times its size"),
        (EntryType::XGlobalHeader, "more than 200 times its size"),
    ] {
        let said = failed(command(&aws, &scratch, "tar.gz", with_size(kind), &["run.sh"]), &scratch).await;
        assert!(said.contains(words), "{kind:?}: {said}");
    }
}

#[tokio::test]
async fn folders_that_only_names_stand_for_count_and_go_no_deeper_than_200() {
    let aws = Aws::start().await;
    let scratch = scratch();
    let wide = format!("{}run.sh", "d/".repeat(40));
    let deep = format!("{}run.sh", "d/".repeat(300));
    let items = [Item::File(&wide, 0o755, SAYS)];
    for (kind, archive) in archives(&items) {
        let mut limited = command(&aws, &scratch, kind, archive, &["run.sh"]);
        limited.env("BATCH_FILE_MAX_ENTRIES", "20");
        let said = failed(limited, &scratch).await;
        assert!(said.contains("more than 20 entries"), "{kind}: {said}");
    }
    let said =
        failed(command(&aws, &scratch, "zip", zipped(&[Item::File(&deep, 0o755, SAYS)]), &["run.sh"]), &scratch).await;
    assert!(said.contains("more than 200 folders deep"), "{said}");
}

#[tokio::test]
async fn sigterm_while_unpacking_ends_at_once_and_leaves_nothing() {
    let aws = Aws::start().await;
    let scratch = scratch();
    let blanks = vec![0; 900 * 1024 * 1024];
    let archive = zipped(&[Item::File("blanks", 0o644, &blanks), Item::File("run.sh", 0o755, SAYS)]);
    drop(blanks);
    let mut command = command(&aws, &scratch, "zip", archive, &["run.sh"]);
    let mut child = command.env("BATCH_FILE_MAX_RATIO", "1000000").spawn().expect("the runner starts");
    let unpacking = || {
        let mut folders = scratch.path().read_dir().expect("it is there").flatten();
        folders.next().is_some_and(|folder| folder.path().join("contents/blanks").exists())
    };
    while !unpacking() {
        tokio::task::yield_now().await;
    }
    terminate(&child);
    assert_eq!(child.wait().await.expect("the runner ends").code(), Some(128 + 15));
    assert!(is_empty(&scratch));
}
