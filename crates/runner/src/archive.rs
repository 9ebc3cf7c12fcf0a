//! Archives, unpacked into a folder that nothing in them can leave.
//!
//! Folders and files are written first, into a folder that is new and has no links; links come last, and each must lead to
//! something inside. So no entry is ever written through a link.

mod metered;
mod tar_gz;
mod zip_file;

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, symlink};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result, bail, ensure};

use crate::limits::{Account, Limits};
use crate::source::Format;

/// How many files a message names.
const NAMED: usize = 5;

/// How deep a folder may lie. What removes the folders again holds one open for each level.
const DEEPEST: usize = 200;

/// An unpacked archive.
#[derive(Debug)]
pub(crate) struct Unpacked {
    folder: PathBuf,
    files: usize,
    first: Vec<String>,
}

/// Unpacks `archive` into `folder`, which is made for it.
pub(crate) fn unpack(
    format: Format,
    archive: &Path,
    folder: &Path,
    limits: Limits,
    stop: &Arc<AtomicBool>,
) -> Result<Unpacked> {
    let file = File::open(archive)?;
    let length = file.metadata()?.len();
    let account = || Account::new(limits, length, Arc::clone(stop));
    DirBuilder::new().mode(0o700).create(folder)?;
    let mut unpacking = Unpacking {
        folder: folder.canonicalize()?,
        account: account(),
        hard_links: Vec::new(),
        links: Vec::new(),
        files: 0,
        first: Vec::new(),
    };
    match format {
        Format::Zip => zip_file::unpack(file, limits, &mut unpacking)?,
        Format::TarGz => tar_gz::unpack(file, account(), &mut unpacking)?,
    }
    unpacking.finish()
}

impl Unpacked {
    /// The folder without a link in its own path.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The file of this name, as a path that can be run.
    pub(crate) fn member(&self, name: &Path) -> Result<PathBuf> {
        let Ok(inside) = inside(name) else { bail!("`{}` is no name of a file in the archive", name.display()) };
        let path = self.folder.join(inside);
        if !path.is_file() {
            let more = if self.files > self.first.len() { ", …" } else { "" };
            bail!(
                "the archive has no file `{}`; it has {} files: {}{more}",
                name.display(),
                self.files,
                self.first.join(", ")
            );
        }
        Ok(path)
    }
}

/// The folder while it is being filled.
struct Unpacking {
    folder: PathBuf,
    account: Account,
    /// (the link, the file in the archive that it is another name of)
    hard_links: Vec<(PathBuf, PathBuf)>,
    /// (the link, its text)
    links: Vec<(PathBuf, PathBuf)>,
    files: usize,
    first: Vec<String>,
}

impl Unpacking {
    /// An entry of which nothing is kept.
    fn nothing(&mut self) -> Result<()> {
        Ok(self.account.entry()?)
    }

    fn directory(&mut self, name: &Path) -> Result<()> {
        self.account.entry()?;
        self.make_directory(&inside(name)?)
    }

    /// Writes a file; one that was there under the same name is replaced, as archivers do.
    fn file(&mut self, name: &Path, mode: u32, content: &mut impl Read) -> Result<()> {
        self.account.entry()?;
        let path = self.place(name)?;
        // Only what rwx says is kept: nobody needs a set-user-ID file of a downloaded archive.
        let mode = mode & 0o777 | 0o600;
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(mode)
            .open(&path)
            .with_context(|| format!("`{}` cannot be written", name.display()))?;
        self.account.copy(content, &mut file).with_context(|| format!("`{}`", name.display()))?;
        self.files += 1;
        if self.first.len() < NAMED {
            self.first.push(name.display().to_string());
        }
        Ok(())
    }

    fn link(&mut self, name: &Path, text: &Path) -> Result<()> {
        self.account.entry()?;
        let path = self.place(name)?;
        self.links.push((path, text.to_owned()));
        Ok(())
    }

    fn hard_link(&mut self, name: &Path, original: &Path) -> Result<()> {
        self.account.entry()?;
        let path = self.place(name)?;
        let original = self.folder.join(inside(original)?);
        self.hard_links.push((path, original));
        Ok(())
    }

    /// Where an entry goes, in a folder that is there.
    fn place(&mut self, name: &Path) -> Result<PathBuf> {
        let inside = inside(name)?;
        ensure!(!inside.as_os_str().is_empty(), "an entry of the archive has no name");
        if let Some(parent) = inside.parent() {
            self.make_directory(parent)?;
        }
        Ok(self.folder.join(inside))
    }

    /// Makes a folder and those above it; each that no entry of its own stands for counts as one.
    fn make_directory(&mut self, inside: &Path) -> Result<()> {
        let mut path = self.folder.clone();
        for component in inside.components() {
            path.push(component);
            match DirBuilder::new().create(&path) {
                Ok(()) => self.account.entry()?,
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {}
                Err(error) => {
                    return Err(error).with_context(|| format!("the folder `{}` cannot be made", inside.display()));
                }
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<Unpacked> {
        for (path, original) in &self.hard_links {
            fs::hard_link(original, path).with_context(|| {
                format!("the link `{}` leads to no file that the archive has before it", self.name(path))
            })?;
        }
        for (path, text) in &self.links {
            symlink(text, path).with_context(|| format!("the link `{}` cannot be made", self.name(path)))?;
        }
        // Where a link leads is known once all of them are there.
        for (path, _) in &self.links {
            let leads_inside = path.canonicalize().is_ok_and(|target| target.starts_with(&self.folder));
            ensure!(leads_inside, "the link `{}` leads to nothing inside the archive", self.name(path));
        }
        Ok(Unpacked { folder: self.folder, files: self.files, first: self.first })
    }

    fn name(&self, path: &Path) -> String {
        path.strip_prefix(&self.folder).unwrap_or(path).display().to_string()
    }
}

/// The name as a path below the folder; an absolute one, or one with `..`, is refused.
fn inside(name: &Path) -> Result<PathBuf> {
    let mut path = PathBuf::new();
    for component in name.components() {
        match component {
            Component::Normal(part) => path.push(part),
            Component::CurDir => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => {
                bail!("the archive has an entry `{}`, which would lie outside its folder", name.display())
            }
        }
    }
    ensure!(path.components().count() <= DEEPEST, "an entry of the archive lies more than {DEEPEST} folders deep");
    Ok(path)
}
