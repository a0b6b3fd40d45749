//! Finds the names at the crate's root that a file uses, in every kind of path that Rust has.

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::visit::{self, Visit};

/// Names that no table allows, because they circumvent it.
const WHOLE: &str = "the crate's root by another name";
const AGAIN: &str = "`pub use` of another room";
const INCLUDE: &str = "another file in its place";

/// Returns the names that a file uses, and whether each use is in a test.
pub(super) fn used(text: &str, module: &[String]) -> Result<BTreeSet<(String, bool)>, String> {
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
    fn insert(&mut self, name: &str) {
        self.found.insert((name.to_owned(), self.is_test));
    }

    /// Resolves a path from the crate's root; returns `None` if it leads elsewhere.
    fn resolve(&self, parts: &[String]) -> Option<Vec<String>> {
        let mut from = match parts.first()?.as_str() {
            "crate" | "patchwork" => Vec::new(),
            "super" | "self" => self.module.clone(),
            _ => return None,
        };
        for part in parts {
            match part.as_str() {
                "crate" | "patchwork" | "self" => {}
                "super" => drop(from.pop()),
                name => from.push(name.to_owned()),
            }
        }
        Some(from)
    }

    /// Records the first name of a path.
    fn path(&mut self, parts: &[String]) {
        if let Some(first) = self.resolve(parts).as_deref().and_then(<[_]>::first) {
            self.insert(first);
        }
    }

    /// Records a path that brings a name into scope.
    fn import(&mut self, parts: &[String], is_public: bool) {
        match self.resolve(parts).as_deref() {
            Some([]) => self.insert(WHOLE),
            Some([room, ..]) if is_public && *room != self.module[0] => self.insert(AGAIN),
            _ => self.path(parts),
        }
    }

    fn tree(&mut self, before: &[String], tree: &syn::UseTree, is_public: bool) {
        let with = |ident: &syn::Ident| [before, &[ident.to_string()]].concat();
        match tree {
            syn::UseTree::Path(path) => self.tree(&with(&path.ident), &path.tree, is_public),
            syn::UseTree::Name(name) => self.import(&with(&name.ident), is_public),
            syn::UseTree::Rename(name) => self.import(&with(&name.ident), is_public),
            syn::UseTree::Glob(_) => self.import(before, is_public),
            syn::UseTree::Group(group) => {
                group.items.iter().for_each(|tree| self.tree(before, tree, is_public));
            }
        }
    }

    /// Records the paths in the tokens of a macro or an attribute, which need not be Rust. `before`
    /// precedes each path, as in `crate::{a, b}`.
    fn tokens(&mut self, before: &[String], tokens: TokenStream) {
        let mut parts = before.to_vec();
        let mut colons = 2;
        for token in tokens {
            match token {
                TokenTree::Ident(name) => {
                    if colons != 2 {
                        self.path(&std::mem::replace(&mut parts, before.to_vec()));
                    }
                    parts.push(name.to_string());
                    colons = 0;
                }
                TokenTree::Punct(mark) if mark.as_char() == ':' => colons += 1,
                TokenTree::Group(group) => {
                    let goes_on = colons == 2 && group.delimiter() == Delimiter::Brace;
                    let inside: &[String] = if goes_on { &parts } else { &[] };
                    self.tokens(inside, group.stream());
                    self.path(&std::mem::replace(&mut parts, before.to_vec()));
                    colons = 0;
                }
                TokenTree::Literal(text) => {
                    let text = text.to_string();
                    let path: Vec<_> =
                        text.trim_matches('"').split("::").map(str::to_owned).collect();
                    if path.len() > 1 {
                        self.path(&path);
                    }
                }
                TokenTree::Punct(_) => {
                    self.path(&std::mem::replace(&mut parts, before.to_vec()));
                    colons = 2;
                }
            }
        }
        self.path(&parts);
    }

    /// Visits an item, as a test if its attributes say so.
    fn within(&mut self, attributes: &[syn::Attribute], visit: impl FnOnce(&mut Self)) {
        let was = self.is_test;
        self.is_test |= attributes.iter().any(is_test);
        visit(self);
        self.is_test = was;
    }
}

impl<'ast> Visit<'ast> for Finder {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let is_public = !matches!(item.vis, syn::Visibility::Inherited);
        self.within(&item.attrs, |finder| finder.tree(&[], &item.tree, is_public));
    }

    fn visit_item_extern_crate(&mut self, item: &'ast syn::ItemExternCrate) {
        if item.ident == "self" || item.ident == "patchwork" {
            self.insert(WHOLE);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let parts: Vec<String> = path.segments.iter().map(|part| part.ident.to_string()).collect();
        self.path(&parts);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        if mac.path.segments.last().is_some_and(|name| name.ident == "include") {
            self.insert(INCLUDE);
        }
        self.tokens(&[], mac.tokens.clone());
        visit::visit_macro(self, mac);
    }

    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        if attribute.path().is_ident("path") {
            self.insert(INCLUDE);
        }
        if let syn::Meta::List(list) = &attribute.meta {
            self.tokens(&[], list.tokens.clone());
        }
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.within(&item.attrs, |finder| {
            finder.module.push(item.ident.to_string());
            visit::visit_item_mod(finder, item);
            finder.module.pop();
        });
    }
}

/// Returns whether an attribute makes an item exist only in tests: `cfg(test)`, or `cfg(all(test, …))`.
fn is_test(attribute: &syn::Attribute) -> bool {
    fn asks_for_test(meta: &syn::Meta) -> bool {
        match meta {
            syn::Meta::Path(path) => path.is_ident("test"),
            syn::Meta::List(list) if list.path.is_ident("all") => {
                let parse =
                    syn::punctuated::Punctuated::<syn::Meta, syn::Token![,]>::parse_terminated;
                list.parse_args_with(parse).is_ok_and(|all| all.iter().any(asks_for_test))
            }
            _ => false,
        }
    }
    attribute.path().is_ident("cfg")
        && attribute.parse_args::<syn::Meta>().is_ok_and(|meta| asks_for_test(&meta))
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
    fn finds_every_kind_of_path() {
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
    fn finds_ways_around_the_table() {
        for whole in [
            "use crate as k;",
            "use crate::{self as k};",
            "use super::super as k;",
            "use crate::*;",
            "extern crate self as k;",
        ] {
            assert_eq!(names(whole), [WHOLE], "{whole}");
        }
        assert_eq!(names("pub use crate::a::B;"), [AGAIN]);
        assert_eq!(names("pub(crate) use super::block::B;"), ["model"]);
        assert_eq!(names("include!(\"x.rs\");"), [INCLUDE]);
        assert_eq!(names("#[path = \"x.rs\"] mod x;"), [INCLUDE]);
        assert_eq!(names("#[serde(with = \"crate::a::b\")] struct S;"), ["a"]);
        assert_eq!(names("fn f() { m!(use crate::{a, b::c}; x = crate::d) }"), ["a", "b", "d"]);
    }

    #[test]
    fn only_code_that_needs_cfg_test_counts_as_a_test() {
        assert_eq!(names("#[cfg(not(test))] use crate::a;"), ["a"]);
        assert_eq!(names("#[cfg(any(test, unix))] use crate::a;"), ["a"]);
        assert_eq!(names("#[cfg(all(test, unix))] use crate::a;"), ["a!"]);
    }
}
