//! From what rustc makes to what browsers take: Binaryen's passes, and wasm-bindgen.

use std::fs;
use std::path::{Path, PathBuf};

use wasm_bindgen_cli_support::Bindgen;

use crate::tools::{Outcome, ensure_wasm_opt, run};

/// Returns a program after Binaryen's pass, which takes a quarter off it; `None` if there is no
/// Binaryen. It comes before wasm-bindgen, whose output has instructions that Debian's does not
/// know.
pub(crate) fn optimised(wasm: &Path, passes: &[&str]) -> Result<Option<PathBuf>, String> {
    if !ensure_wasm_opt() {
        eprintln!(
            "\nwasm-opt is not installed: install Binaryen (apt install binaryen, brew install \
             binaryen, ...) and build again for a smaller page"
        );
        return Ok(None);
    }
    let (to, stamp) = (wasm.with_extension("optimised.wasm"), wasm.with_extension("stamp"));
    let wanted = format!("{} {passes:?}", stamp_of(wasm));
    if to.exists() && fs::read_to_string(&stamp).is_ok_and(|stamp| stamp == wanted) {
        return Ok(Some(to));
    }
    // What rustc's target and the page's flags allow, and no more.
    let features = [
        "--enable-bulk-memory",
        "--enable-multivalue",
        "--enable-mutable-globals",
        "--enable-nontrapping-float-to-int",
        "--enable-reference-types",
        "--enable-sign-ext",
        "--enable-simd",
    ];
    let [input, output] = [wasm, &to].map(Path::to_string_lossy);
    run("wasm-opt", &[passes, &features[..], &[&input, "-o", &output]].concat())?;
    fs::write(&stamp, wanted).map_err(|problem| format!("{}: {problem}", stamp.display()))?;
    Ok(Some(to))
}

/// Passes that make each function smaller by itself: the page has many closures, in whose
/// descriptions wasm-bindgen does not find its way once functions were put into each other.
pub(crate) const WITHIN: [&str; 29] = [
    "--shrink-level=2",
    "--optimize-level=2",
    "--duplicate-function-elimination",
    "--dce",
    "--remove-unused-names",
    "--remove-unused-brs",
    "--optimize-instructions",
    "--pick-load-signs",
    "--precompute",
    "--code-pushing",
    "--simplify-locals-nostructure",
    "--vacuum",
    "--reorder-locals",
    "--remove-unused-brs",
    "--coalesce-locals",
    "--simplify-locals",
    "--vacuum",
    "--reorder-locals",
    "--coalesce-locals",
    "--code-folding",
    "--merge-blocks",
    "--remove-unused-brs",
    "--remove-unused-names",
    "--merge-blocks",
    "--precompute",
    "--optimize-instructions",
    "--rse",
    "--vacuum",
    "--reorder-functions",
];

/// Tells one build of a file from another.
fn stamp_of(file: &Path) -> String {
    let facts = fs::metadata(file).ok();
    format!("{:?}", facts.map(|facts| (facts.len(), facts.modified().ok())))
}

/// The program's wasm and JavaScript. Without inline scripts the page works under strict content
/// security policies.
pub(crate) fn bind(wasm: &Path, program: &str, dist: &Path) -> Outcome {
    let mut bindgen = Bindgen::new();
    bindgen.input_path(wasm).out_name(program).typescript(false).omit_default_module_path(false);
    bindgen.remove_name_section(true).remove_producers_section(true);
    bindgen
        .web(true)
        .and_then(|bindgen| bindgen.generate(dist))
        .map_err(|problem| format!("wasm-bindgen failed on {program}: {problem}"))?;
    Ok(())
}
