//! Work on the parts of a batch, each on a thread of its own. On a CPU this is faster than many threads
//! in each small matrix product, and the sum is the same on every run.

use std::ops::Range;
#[cfg(feature = "native")]
use std::sync::{Mutex, MutexGuard, PoisonError};

use burn::tensor::{Device, Tensor};

/// Runs `work` on the rows of a batch. On a CPU with threads, each row runs on a thread of its own,
/// which is faster than many threads in each small matrix product. Otherwise all rows run at once.
///
/// # Shapes
/// `work` returns `[n, c, h, w]` for a range of n rows; the results are concatenated along the rows.
pub fn by_rows(
    device: &Device,
    rows: usize,
    work: impl Fn(Range<usize>) -> Tensor<4> + Sync,
) -> Tensor<4> {
    #[cfg(feature = "native")]
    if rows > 1 && *device == Device::flex() {
        use rayon::prelude::{IntoParallelIterator, ParallelIterator};
        return Tensor::cat((0..rows).into_par_iter().map(|row| work(row..row + 1)).collect(), 0);
    }
    let _ = device;
    work(0..rows)
}

/// Pools of threads, usually of one thread each, that compute independently.
#[cfg(feature = "native")]
#[derive(Debug)]
pub struct Workers {
    pools: Vec<rayon::ThreadPool>,
}

#[cfg(feature = "native")]
impl Workers {
    /// Returns `threads` workers; by default as many as the CPU has cores, or one for a GPU, which runs
    /// in parallel itself.
    ///
    /// # Panics
    /// Panics if the system gives no threads.
    pub fn new(device: &Device, threads: Option<usize>) -> Self {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        let usual = || if *device == Device::flex() { cores() } else { 1 };
        Self::of(threads.unwrap_or_else(usual))
    }

    /// Returns `count` workers.
    ///
    /// # Panics
    /// Panics if the system gives no threads.
    pub fn of(count: usize) -> Self {
        Self::sharing(count, count)
    }

    /// Returns `count` workers that share `threads` in equal parts; each has at least one.
    ///
    /// # Panics
    /// Panics if the system gives no threads.
    pub fn sharing(count: usize, threads: usize) -> Self {
        let count = count.max(1);
        // In a pool of one thread, work that would spread over all cores stays on that thread.
        let pool = |_| {
            let builder = rayon::ThreadPoolBuilder::new().num_threads((threads / count).max(1));
            builder.build().expect("the system can start a thread")
        };
        Self { pools: (0..count).map(pool).collect() }
    }

    /// Returns how many workers there are.
    pub fn count(&self) -> usize {
        self.pools.len()
    }

    /// Runs `work` on each part, dealing the parts out to the workers in turn. The results are in the
    /// order of the parts.
    pub fn map<T: Send, R: Send>(&self, parts: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
        let count = self.count();
        let mut shares: Vec<Vec<(usize, T)>> = (0..count).map(|_| Vec::new()).collect();
        for (i, part) in parts.into_iter().enumerate() {
            shares[i % count].push((i, part));
        }
        let work = &work;
        let mut results: Vec<(usize, R)> = std::thread::scope(|scope| {
            let threads: Vec<_> = shares
                .into_iter()
                .zip(&self.pools)
                .map(|(share, pool)| {
                    scope.spawn(move || {
                        pool.install(|| {
                            share.into_iter().map(|(i, part)| (i, work(part))).collect::<Vec<_>>()
                        })
                    })
                })
                .collect();
            let join = |thread: std::thread::ScopedJoinHandle<'_, Vec<(usize, R)>>| {
                thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            };
            threads.into_iter().flat_map(join).collect()
        });
        results.sort_by_key(|(i, _)| *i);
        results.into_iter().map(|(_, result)| result).collect()
    }
}

/// Locks a mutex, even if a thread panicked while it held it.
#[cfg(feature = "native")]
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(all(test, feature = "native"))]
mod tests {
    use super::*;

    #[test]
    fn results_keep_the_order_of_the_inputs() {
        let doubled = Workers::of(3).map((0..10).collect(), |i: usize| 2 * i);
        assert_eq!(doubled, (0..10).map(|i| 2 * i).collect::<Vec<_>>());
    }
}
