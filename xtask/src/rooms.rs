//! Holds the source to the table of rooms in ARCHITECTURE.md: which may use which.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};

use crate::tools::{Outcome, root};

const TABLE: &str = "ARCHITECTURE.md";

/// Names at the crate's root that are no rooms, and that every room may use.
const EVERYBODYS: [&str; 2] = ["Error", "Result"];

/// What a room may use, and what its tests may use besides.
#[derive(Debug, Default, Clone, PartialEq)]
struct Allowed {
    rooms: BTreeSet<String>,
    tests: BTreeSet<String>,
}

/// Checks every path in `src/` against the table.
pub(crate) fn check() -> Outcome {
    let path = root().join(TABLE);
    let text = fs::read_to_string(&path).map_err(|problem| format!("{TABLE}: {problem}"))?;
    let table = table(&text);
    let src = root().join("src");
    let mut problems = Vec::new();
    for file in rust_files(&src)? {
        let inside = file.strip_prefix(&src).map_err(|problem| problem.to_string())?;
        let module = module_of(inside);
        let Some(room) = module.first().filter(|_| inside.components().count() > 1) else {
            continue;
        };
        let Some(allowed) = table.get(room) else {
            return Err(format!("{TABLE} has no row for the room `{room}`"));
        };
        let text = fs::read_to_string(&file).map_err(|problem| problem.to_string())?;
        let found = used(&text, &module).map_err(|why| format!("{}: {why}", file.display()))?;
        for (used, is_test) in found {
            let is_fine = used == *room
                || EVERYBODYS.contains(&used.as_str())
                || allowed.rooms.contains(&used)
                || (is_test && allowed.tests.contains(&used));
            if !is_fine {
                problems.push(format!("src/{} uses `{used}`", inside.display()));
            }
        }
    }
    if problems.is_empty() {
        return Ok(());
    }
    problems.push(format!("which {TABLE} does not allow: change the code, or the table"));
    Err(problems.join("\n"))
}

/// Returns the table's rows: rooms, and what each may use.
fn table(text: &str) -> BTreeMap<String, Allowed> {
    let names = |cell: &str| -> BTreeSet<String> {
        cell.split(',').map(|name| name.trim().to_owned()).filter(|n| !n.is_empty()).collect()
    };
    let mut table = BTreeMap::new();
    for line in text.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let ["", room, rooms, tests, _, ""] = cells[..] else { continue };
        let Some(room) = room.strip_prefix('`').and_then(|room| room.strip_suffix('`')) else {
            continue;
        };
        table.insert(room.to_owned(), Allowed { rooms: names(rooms), tests: names(tests) });
    }
    table
}

/// Returns the path of a file's module from the crate's root.
fn module_of(inside: &Path) -> Vec<String> {
    let parts = inside.with_extension("");
    let mut parts: Vec<String> =
        parts.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    if parts.last().is_some_and(|last| last == "mod") {
        parts.pop();
    }
    parts
}

/// Returns the names at the crate's root that a file uses, and whether in a test.
fn used(text: &str, module: &[String]) -> Result<BTreeSet<(String, bool)>, String> {
    let file = syn::parse_file(text).map_err(|problem| problem.to_string())?;
    let mut finder = Finder { module: module.to_vec(), is_test: false, found: BTreeSet::new() };
    finder.visit_file(&file);
    Ok(finder.found)
}

struct Finder {
    module: Vec<String>,
    is_test: bool,
    found: BTreeSet<(String, bool)>,
}

impl Finder {
    /// Takes in a path by its parts.
    fn path(&mut self, parts: &[String]) {
        let mut from = match parts.first().map(String::as_str) {
            Some("crate" | "patchwork") => Vec::new(),
            Some("super" | "self") => self.module.clone(),
            _ => return,
        };
        for part in parts {
            match part.as_str() {
                "crate" | "patchwork" | "self" => {}
                "super" => drop(from.pop()),
                name => from.push(name.to_owned()),
            }
        }
        if let Some(first) = from.first() {
            self.found.insert((first.clone(), self.is_test));
        }
    }

    fn tree(&mut self, before: &[String], tree: &syn::UseTree) {
        let with = |ident: &syn::Ident| [before, &[ident.to_string()]].concat();
        match tree {
            syn::UseTree::Path(path) => self.tree(&with(&path.ident), &path.tree),
            syn::UseTree::Name(name) => self.path(&with(&name.ident)),
            syn::UseTree::Rename(name) => self.path(&with(&name.ident)),
            syn::UseTree::Glob(_) => self.path(before),
            syn::UseTree::Group(group) => {
                group.items.iter().for_each(|tree| self.tree(before, tree));
            }
        }
    }

    /// Paths in what a macro is given, which need not be Rust.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut parts: Vec<String> = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(name) => {
                    if colons != 2 {
                        self.path(&std::mem::take(&mut parts));
                    }
                    parts.push(name.to_string());
                    colons = 0;
                }
                TokenTree::Punct(mark) if mark.as_char() == ':' => colons += 1,
                TokenTree::Group(group) => {
                    self.tokens(group.stream());
                    self.path(&std::mem::take(&mut parts));
                }
                _ => self.path(&std::mem::take(&mut parts)),
            }
        }
        self.path(&parts);
    }
}

impl<'ast> Visit<'ast> for Finder {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let was = self.is_test;
        self.is_test |= is_test(&item.attrs);
        self.tree(&[], &item.tree);
        self.is_test = was;
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let parts: Vec<String> = path.segments.iter().map(|part| part.ident.to_string()).collect();
        self.path(&parts);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        self.tokens(mac.tokens.clone());
        visit::visit_macro(self, mac);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let was = self.is_test;
        self.is_test |= is_test(&item.attrs);
        self.module.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.module.pop();
        self.is_test = was;
    }
}

/// Returns whether something is there for tests alone.
fn is_test(attributes: &[syn::Attribute]) -> bool {
    let of_cfg = attributes.iter().filter(|attribute| attribute.path().is_ident("cfg"));
    let mut tokens = of_cfg.filter_map(|attribute| attribute.meta.require_list().ok());
    tokens.any(|list| {
        list.tokens.to_string().split(|c: char| !c.is_alphanumeric()).any(|w| w == "test")
    })
}

fn rust_files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries =
        fs::read_dir(folder).map_err(|problem| format!("{}: {problem}", folder.display()))?;
    let mut files = Vec::new();
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            files.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        let module = ["model".to_owned(), "dit".to_owned()];
        let found = used(text, &module).expect("it is Rust");
        found
            .into_iter()
            .map(|(name, is_test)| format!("{name}{}", if is_test { "!" } else { "" }))
            .collect()
    }

    #[test]
    fn every_kind_of_path_is_found() {
        assert_eq!(names("use crate::{a::B, c};"), ["a", "c"]);
        assert_eq!(names("use super::block::Block; use super::super::train;"), ["model", "train"]);
        assert_eq!(
            names("fn f() -> crate::a::B { crate::c::d(); html! { <crate::e::F /> } }"),
            ["a", "c", "e"]
        );
        assert_eq!(names("// crate::a::b\nconst C: &str = \"crate::d\";"), [""; 0]);
        assert_eq!(
            names("#[cfg(test)] mod tests { use crate::a::B; use super::C; }"),
            ["a!", "model!"]
        );
        assert_eq!(names("mod inner { use super::super::block; }"), ["model"]);
    }

    #[test]
    fn rows_of_rooms_are_read() {
        let table =
            table("| room | may use | tests | what |\n|---|---|---|---|\n| `a` | b, c | d | x |\n");
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let a = Allowed { rooms: set(&["b", "c"]), tests: set(&["d"]) };
        assert_eq!(table, BTreeMap::from([("a".to_owned(), a)]));
    }
}
