//! Turns rustc's wasm into what browsers load, with Binaryen's passes and wasm-bindgen.

use std::fs;
use std::path::{Path, PathBuf};

use wasm_bindgen_cli_support::Bindgen;

use crate::tools::{Outcome, ensure_wasm_opt, run};

/// Optimises a program with Binaryen's passes, which make it a quarter smaller. Returns `None` if
/// Binaryen is not available. This comes before wasm-bindgen, whose output has instructions that
/// Debian's Binaryen does not know.
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
    // These are the features that rustc's target and the page's flags allow.
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

/// The passes that shrink each function separately. The page has many closures, and wasm-bindgen cannot
/// parse their descriptions after inlining.
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

/// Returns a stamp that differs between builds of a file.
fn stamp_of(file: &Path) -> String {
    let facts = fs::metadata(file).ok();
    format!("{:?}", facts.map(|facts| (facts.len(), facts.modified().ok())))
}

/// Writes the program's wasm and JavaScript. There are no inline scripts, so the page works under a
/// strict content security policy.
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
