//! A heap sort: a tenth of the code of the one in the standard library, of which every module would carry a copy.

/// Sorts the items so that none comes before one that it should follow. Equal ones end up in any order.
pub(crate) fn sort_by<T>(items: &mut [T], before: impl Fn(&T, &T) -> bool) {
    let n = items.len();
    for root in (0..n / 2).rev() {
        sift(items, root, &before);
    }
    for end in (1..n).rev() {
        items.swap(0, end);
        sift(&mut items[..end], 0, &before);
    }
}

/// Moves the item at root down until no child of it is greater.
fn sift<T>(items: &mut [T], mut root: usize, before: &impl Fn(&T, &T) -> bool) {
    loop {
        let mut child = 2 * root + 1;
        if child + 1 < items.len() && before(&items[child], &items[child + 1]) {
            child += 1;
        }
        if child >= items.len() || !before(&items[root], &items[child]) {
            return;
        }
        items.swap(root, child);
        root = child;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn sorts() {
        let mut seed = 1u32;
        for n in 0..100 {
            let mut items: Vec<u32> = (0..n)
                .map(|_| {
                    seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    seed >> 26
                })
                .collect();
            let mut want = items.clone();
            want.sort_unstable();
            sort_by(&mut items, |a, b| a < b);
            assert_eq!(items, want);
        }
    }
}
