//! The amount of memory that is available.

/// Returns how many bytes of memory can be used without swapping; `None` if the system does not say.
pub fn available() -> Option<usize> {
    // Only Linux reports it in files. A container may have less than its machine.
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kilobytes: usize = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    let number = |file: &str| -> Option<usize> {
        std::fs::read_to_string(format!("/sys/fs/cgroup/{file}")).ok()?.trim().parse().ok()
    };
    let of_container =
        number("memory.max").map(|most| most.saturating_sub(number("memory.current").unwrap_or(0)));
    let of_machine = kilobytes.checked_mul(1024)?;
    Some(of_container.map_or(of_machine, |bytes| bytes.min(of_machine)))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn reads_the_available_memory() {
        assert!(available().is_some_and(|bytes| bytes > 1 << 20));
    }
}
