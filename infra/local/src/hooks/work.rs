//! Many calls, some at once.

use tokio::task::JoinSet;

use indicatif::{ProgressBar, ProgressStyle};

use crate::output::Failure;

/// So many calls at once: a service that others use as well should not notice.
const AT_ONCE: usize = 8;
/// Less work than this is not worth watching.
const WORTH_WATCHING: usize = 4;

/// Does `work` for all items, and tells `done` of each result in the items' order. Meanwhile a terminal shows how far it
/// has come.
pub(super) async fn in_order<T, R, F>(
    what: &'static str,
    items: Vec<T>,
    work: impl Fn(T) -> F,
    mut done: impl FnMut(R),
) -> Result<(), Failure>
where
    R: Send + 'static,
    F: Future<Output = R> + Send + 'static,
{
    let progress = progress(what, items.len());
    let mut results: Vec<Option<R>> = items.iter().map(|_| None).collect();
    let mut told = 0;
    let mut waiting = items.into_iter().enumerate();
    let mut running = JoinSet::new();
    loop {
        while running.len() < AT_ONCE
            && let Some((index, item)) = waiting.next()
        {
            let work = work(item);
            running.spawn(async move { (index, work.await) });
        }
        let Some(finished) = running.join_next().await else { break };
        let (index, result) = finished?;
        progress.inc(1);
        if let Some(place) = results.get_mut(index) {
            *place = Some(result);
        }
        while let Some(result) = results.get_mut(told).and_then(Option::take) {
            progress.suspend(|| done(result));
            told += 1;
        }
    }
    progress.finish_and_clear();
    Ok(())
}

/// On standard error; nothing where that is no terminal.
fn progress(what: &'static str, length: usize) -> ProgressBar {
    if length < WORTH_WATCHING {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(u64::try_from(length).unwrap_or(u64::MAX)).with_message(what);
    match ProgressStyle::with_template("{msg} {bar:30} {pos}/{len}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::Semaphore;

    use super::*;

    #[tokio::test]
    async fn results_come_in_order_and_few_at_once() {
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        // Each waits for the one after it: they end in the opposite order, as far as so many run at once.
        let gates: Arc<Vec<Semaphore>> = Arc::new((0..=AT_ONCE).map(|_| Semaphore::new(0)).collect());
        gates[AT_ONCE].add_permits(1);
        let mut told = Vec::new();
        let work = |item: usize| {
            let (running, most, gates) = (Arc::clone(&running), Arc::clone(&most), Arc::clone(&gates));
            async move {
                most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                if item < AT_ONCE {
                    gates[item + 1].acquire().await.unwrap().forget();
                    gates[item].add_permits(1);
                }
                running.fetch_sub(1, Ordering::SeqCst);
                item
            }
        };
        in_order("testing", (0..30).collect(), work, |item| told.push(item)).await.unwrap();
        assert_eq!(told, (0..30).collect::<Vec<_>>());
        assert_eq!(most.load(Ordering::SeqCst), AT_ONCE);
    }
}
