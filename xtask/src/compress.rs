//! `cargo xtask build --compress`: writes brotli and gzip versions beside every file of the page, for
//! hosts that serve precompressed files.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use brotli::enc::BrotliEncoderParams;
use flate2::write::GzEncoder;
use rayon::prelude::*;
use walkdir::WalkDir;

use crate::tools::Outcome;

/// The extensions of files that are compressed already, and of those that this command writes.
const COMPRESSED: [&str; 4] = ["png", "webp", "br", "gz"];
/// The least saving, in percent, that is worth a file.
const MIN_SAVING_PERCENT: usize = 2;

/// The largest brotli window that every browser accepts: 16 MB, about the size of the worker.
pub(crate) const LGWIN: i32 = 24;

#[derive(Clone, Copy)]
enum Format {
    Brotli,
    Gzip,
}

/// The size of a file in bytes, and of what a host sends for it in each format.
struct Sizes {
    plain: usize,
    brotli: usize,
    gzip: usize,
}

/// Writes `NAME.br` and `NAME.gz` beside each file that they make smaller, and prints the totals. At the
/// best quality brotli takes minutes for files of megabytes.
pub(crate) fn compress(dist: &Path) -> Outcome {
    let mut files = files(dist)?;
    // The largest files come first, one at a time for each core, so that no core waits long at the end.
    files.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
    let sizes: Vec<Sizes> = files
        .into_iter()
        .par_bridge()
        .map(|(path, _)| compress_file(dist, &path))
        .collect::<Result<_, _>>()?;
    let sum = |bytes: fn(&Sizes) -> usize| sizes.iter().map(bytes).sum::<usize>() as f64 / 1e6;
    let [plain, brotli, gzip] = [sum(|s| s.plain), sum(|s| s.brotli), sum(|s| s.gzip)];
    let count = sizes.len();
    eprintln!("{count} files: {plain:.1} MB, with brotli {brotli:.1} MB, with gzip {gzip:.1} MB");
    Ok(())
}

/// Returns the files below a folder that may become smaller, and their sizes in bytes.
fn files(dist: &Path) -> Result<Vec<(PathBuf, u64)>, String> {
    let unreadable = |problem| format!("{} cannot be read: {problem}", dist.display());
    let mut files = Vec::new();
    for entry in WalkDir::new(dist) {
        let entry = entry.map_err(unreadable)?;
        let extension = entry.path().extension().and_then(|extension| extension.to_str());
        let is_compressed = extension.is_some_and(|extension| COMPRESSED.contains(&extension));
        if entry.file_type().is_file() && !is_compressed {
            let bytes = entry.metadata().map_err(unreadable)?.len();
            files.push((entry.into_path(), bytes));
        }
    }
    Ok(files)
}

fn compress_file(dist: &Path, path: &Path) -> Result<Sizes, String> {
    let start = Instant::now();
    let bytes = fs::read(path)
        .map_err(|problem| format!("{} cannot be read: {problem}", path.display()))?;
    let brotli = write_smaller(path, &bytes, Format::Brotli)?;
    let gzip = write_smaller(path, &bytes, Format::Gzip)?;
    let [plain, br, gz] = [bytes.len(), brotli, gzip].map(|bytes| bytes as f64 / 1e3);
    let (name, seconds) = (path.strip_prefix(dist).unwrap_or(path), start.elapsed().as_secs_f64());
    eprintln!(
        "{}: {plain:.1} KB, brotli {br:.1} KB, gzip {gz:.1} KB ({seconds:.0} s)",
        name.display()
    );
    Ok(Sizes { plain: bytes.len(), brotli, gzip })
}

/// Writes a compressed file beside the original if that is worth it. Returns the number of bytes that a
/// host then sends.
fn write_smaller(path: &Path, bytes: &[u8], format: Format) -> Result<usize, String> {
    let (small, ending) = match format {
        Format::Brotli => (brotli(bytes), "br"),
        Format::Gzip => (gzip(bytes), "gz"),
    };
    let small =
        small.map_err(|problem| format!("{} cannot be compressed: {problem}", path.display()))?;
    if small.len() * 100 > bytes.len() * (100 - MIN_SAVING_PERCENT) {
        return Ok(bytes.len());
    }
    let mut to = path.as_os_str().to_owned();
    to.push(format!(".{ending}"));
    let to = PathBuf::from(to);
    fs::write(&to, &small)
        .map_err(|problem| format!("{} cannot be written: {problem}", to.display()))?;
    Ok(small.len())
}

/// Compresses bytes at the best quality.
fn brotli(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let size_hint = bytes.len();
    let parameters =
        BrotliEncoderParams { quality: 11, lgwin: LGWIN, size_hint, ..Default::default() };
    let mut out = Vec::new();
    brotli::BrotliCompress(&mut &bytes[..], &mut out, &parameters)?;
    Ok(out)
}

fn gzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn writes_compressed_copies_that_decompress_to_the_original() {
        let folder = tempfile::tempdir().unwrap();
        let dist = folder.path();
        fs::create_dir(dist.join("models")).unwrap();
        let text = "patchwork ".repeat(5000).into_bytes();
        // Random bytes cannot be compressed.
        let mut state = 1_u64;
        let noise: Vec<u8> = (0..20_000)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (state >> 56) as u8
            })
            .collect();
        for name in ["app.js", "models/words.tsv", "a.png", "a.webp", "old.br", "README"] {
            fs::write(dist.join(name), &text).unwrap();
        }
        fs::write(dist.join("weights.safetensors"), &noise).unwrap();
        fs::write(dist.join("empty.txt"), "").unwrap();
        let before = files(dist).unwrap().len();
        compress(dist).unwrap();
        for name in ["app.js", "models/words.tsv", "README"] {
            let packed = |ending| fs::read(dist.join(format!("{name}.{ending}"))).unwrap();
            let (mut plain, small) = (Vec::new(), packed("br"));
            assert!(small.len() < 100);
            brotli::BrotliDecompress(&mut &small[..], &mut plain).unwrap();
            assert!(plain == text, "{name}.br");
            plain.clear();
            let small = packed("gz");
            flate2::read::GzDecoder::new(&small[..]).read_to_end(&mut plain).unwrap();
            assert!(plain == text, "{name}.gz");
        }
        // Six files were added, and compressed files are not compressed again.
        assert_eq!(
            WalkDir::new(dist).into_iter().filter(|e| e.as_ref().unwrap().path().is_file()).count(),
            8 + 6
        );
        assert_eq!(files(dist).unwrap().len(), before);
    }

    #[test]
    fn reports_a_missing_folder() {
        let problem = compress(Path::new("/no/such/dist")).unwrap_err();
        assert!(problem.starts_with("/no/such/dist cannot be read: "), "{problem}");
    }
}
