//! Work on many things on every core, taken in their order.

use std::num::NonZero;
use std::ops::ControlFlow;
use std::panic::resume_unwind;
use std::thread::{ScopedJoinHandle, available_parallelism, scope};

/// How many things each core makes before any of them is taken: so much is held at a time.
const AHEAD: usize = 16;

/// Makes something of each item on every core, and takes it in the order of the items, until the taker breaks off.
pub fn each_in_order<I: Sync, T: Send, B>(
    items: &[I],
    make: impl Fn(&I) -> T + Sync,
    mut take: impl FnMut(T) -> ControlFlow<B>,
) -> Option<B> {
    let cores = available_parallelism().map_or(1, NonZero::get);
    for batch in items.chunks(cores * AHEAD) {
        let make = &make;
        let shares: Vec<Vec<T>> = scope(|scope| {
            let parts = batch.chunks(batch.len().div_ceil(cores));
            let workers: Vec<_> =
                parts.map(|part| scope.spawn(move || part.iter().map(make).collect::<Vec<T>>())).collect();
            let finished = workers.into_iter().map(ScopedJoinHandle::join);
            finished.map(|share| share.unwrap_or_else(|panic| resume_unwind(panic))).collect()
        });
        for one in shares.into_iter().flatten() {
            if let ControlFlow::Break(reason) = take(one) {
                return Some(reason);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_all_in_order_until_it_breaks_off() {
        let items: Vec<usize> = (0..1000).collect();
        let mut taken = Vec::new();
        let ended = each_in_order(
            &items,
            |item| item * 2,
            |made| {
                taken.push(made);
                if made == 1000 { ControlFlow::Break("enough") } else { ControlFlow::Continue(()) }
            },
        );
        assert_eq!((ended, taken.len()), (Some("enough"), 501));
        assert!(taken.iter().enumerate().all(|(at, made)| *made == at * 2));
        assert_eq!(each_in_order(&items[..3], |item| *item, |_| ControlFlow::<()>::Continue(())), None);
    }
}
