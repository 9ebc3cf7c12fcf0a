//! Gives the seal of compiled trigger files what tells one version of the checks from another: a hash over these sources.
//! The crate's own version stays the same between releases, and checks do not.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::path::{Path, PathBuf};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=src");
    let mut sources = Vec::new();
    find(Path::new("src"), &mut sources)?;
    sources.sort();
    let mut hasher = DefaultHasher::new();
    for source in sources {
        fs::read(&source)?.hash(&mut hasher);
        source.hash(&mut hasher);
    }
    println!("cargo::rustc-env=JOBWIRE_CHECKS={:016x}", hasher.finish());
    Ok(())
}

fn find(folder: &Path, sources: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { find(&path, sources)? } else { sources.push(path) }
    }
    Ok(())
}
