//! How much memory is left.

/// Returns the bytes of memory that can be had without swapping; `None` if the system does not say.
pub fn available() -> Option<usize> {
    // Linux alone tells it in a file.
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kilobytes: usize = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    kilobytes.checked_mul(1024)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn some_memory_is_left() {
        assert!(available().is_some_and(|bytes| bytes > 1 << 20));
    }
}
