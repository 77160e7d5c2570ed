//! One bucket: how much of one kind one person or address may still do. Plain data; time is an argument.

use protocol::Millis;

/// One token in a bucket's units: what divides by all shares of a rate, and by the milliseconds of a minute.
const TOKEN: u64 = 60_000 * SHARE;
/// The whole rate, in shares.
const SHARE: u64 = 16;
/// How often a rate is halved at most for whoever does not wait.
const MOST_STRIKES: u8 = 3;
/// Tries before the promised time that are forgiven: what was on its way already.
const FORGIVEN: u8 = 8;
/// After this time without a further strike one is taken back, in milliseconds.
const RECOVERY_MS: i64 = 120_000;

/// How fast a bucket fills, and how much it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Flow {
    /// Tokens a minute; 0 is no limit.
    per_minute: u32,
    /// Tokens that it holds, at least 1.
    burst: u32,
    /// Half of both.
    halved: bool,
}

impl Flow {
    pub(crate) const fn new(per_minute: u32, burst: u32) -> Self {
        Self {
            per_minute,
            burst: if burst == 0 { 1 } else { burst },
            halved: false,
        }
    }

    /// Half of it, for somebody new.
    pub(crate) const fn halved(self, halved: bool) -> Self {
        Self { halved, ..self }
    }

    /// So many times as much, for all who share an address.
    pub(crate) const fn times(self, factor: u32) -> Self {
        Self {
            per_minute: self.per_minute.saturating_mul(factor),
            burst: self.burst.saturating_mul(factor),
            ..self
        }
    }

    pub(crate) const fn is_limited(self) -> bool {
        self.per_minute > 0
    }

    fn capacity(self) -> u64 {
        let burst = if self.halved {
            self.burst.div_ceil(2)
        } else {
            self.burst
        };
        u64::from(burst) * TOKEN
    }

    /// Units a millisecond for somebody with so many strikes.
    fn per_ms(self, strikes: u8) -> u64 {
        let halvings = u32::from(strikes.min(MOST_STRIKES)) + u32::from(self.halved);
        (u64::from(self.per_minute) * SHARE) >> halvings
    }
}

/// How much is left, and how the one it belongs to behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bucket {
    /// What was left at `at`.
    units: u64,
    at: Millis,
    /// When a try succeeds, as was told last. Before that a try is one too many.
    promised: Millis,
    /// Tries before the promised time since the last strike.
    early: u8,
    /// How often the rate is halved.
    strikes: u8,
    /// When the last one came or was taken back.
    struck: Millis,
}

impl Bucket {
    /// A full one.
    pub(crate) fn full(flow: Flow, now: Millis) -> Self {
        Self {
            units: flow.capacity(),
            at: now,
            promised: now,
            early: 0,
            strikes: 0,
            struck: now,
        }
    }

    /// Lets the time go on. The machine's clock may be set back: then nothing is added.
    fn refill(&mut self, flow: Flow, now: Millis) {
        while self.strikes > 0 && now.since(self.struck) >= RECOVERY_MS {
            self.strikes -= 1;
            self.struck = self.struck.plus(RECOVERY_MS);
        }
        let elapsed_ms = u64::try_from(now.since(self.at)).unwrap_or(0);
        let added = elapsed_ms.saturating_mul(flow.per_ms(self.strikes));
        self.units = self.units.saturating_add(added).min(flow.capacity());
        self.at = now;
    }

    /// How long until a token is there, in milliseconds; 0 when there is one.
    fn wait_ms(&self, flow: Flow) -> u64 {
        TOKEN
            .saturating_sub(self.units)
            .div_ceil(flow.per_ms(self.strikes).max(1))
    }

    /// How long until a token can be taken, in milliseconds.
    pub(crate) fn look(&mut self, flow: Flow, now: Millis) -> u64 {
        self.refill(flow, now);
        self.wait_ms(flow)
    }

    /// Takes a token.
    ///
    /// # Errors
    /// After how many milliseconds there is one, when there is none. Whoever comes before that too often is
    /// given less for a while.
    pub(crate) fn take(&mut self, flow: Flow, now: Millis) -> Result<(), u64> {
        self.refill(flow, now);
        if let Some(left) = self.units.checked_sub(TOKEN) {
            self.units = left;
            self.early = 0;
            return Ok(());
        }
        if now < self.promised {
            self.early += 1;
            if self.early > FORGIVEN {
                self.early = 0;
                self.strikes = (self.strikes + 1).min(MOST_STRIKES);
                self.struck = now;
            }
        }
        let wait_ms = self.wait_ms(flow);
        self.promised = now.plus(i64::try_from(wait_ms).unwrap_or(i64::MAX / 2));
        Err(wait_ms)
    }

    /// Puts a token back that was not used after all.
    pub(crate) fn give_back(&mut self, flow: Flow) {
        self.units = self.units.saturating_add(TOKEN).min(flow.capacity());
    }

    /// Takes more tokens away, as far as there are any.
    pub(crate) fn fine(&mut self, tokens: u32) {
        self.units = self.units.saturating_sub(u64::from(tokens) * TOKEN);
    }

    /// Whether it is as good as a new one: then it need not be kept.
    pub(crate) fn is_full(&mut self, flow: Flow, now: Millis) -> bool {
        self.refill(flow, now);
        self.strikes == 0 && self.units >= flow.capacity()
    }

    /// How full it is, as a number to compare.
    pub(crate) const fn fullness(&self) -> u64 {
        self.units >> self.strikes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USUAL: Flow = Flow::new(60, 60);

    fn emptied(flow: Flow) -> Bucket {
        let mut bucket = Bucket::full(flow, Millis(0));
        while bucket.take(flow, Millis(0)).is_ok() {}
        bucket
    }

    #[test]
    fn a_minutes_worth_may_come_at_once_and_the_rest_waits_as_told() {
        let mut bucket = Bucket::full(USUAL, Millis(0));
        for _ in 0..60 {
            assert_eq!(bucket.take(USUAL, Millis(0)), Ok(()));
        }
        assert_eq!(bucket.take(USUAL, Millis(0)), Err(1_000));
        assert_eq!(bucket.take(USUAL, Millis(400)), Err(600));
        assert_eq!(bucket.take(USUAL, Millis(999)), Err(1));
        assert_eq!(bucket.take(USUAL, Millis(1_000)), Ok(()));
        assert_eq!(bucket.take(USUAL, Millis(1_000)), Err(1_000));
    }

    #[test]
    fn after_the_time_that_was_told_it_always_succeeds() {
        for per_minute in [1, 3, 7, 10, 59, 60, 61, 3_000] {
            for halved in [false, true] {
                let flow = Flow::new(per_minute, 5).halved(halved);
                let mut bucket = emptied(flow);
                let mut now = Millis(17);
                for _ in 0..50 {
                    let wait_ms = bucket.take(flow, now).expect_err("it is empty");
                    now = now.plus(i64::try_from(wait_ms).unwrap());
                    assert_eq!(bucket.take(flow, now), Ok(()), "{flow:?}");
                }
            }
        }
    }

    #[test]
    fn somebody_new_gets_half() {
        let flow = USUAL.halved(true);
        let mut bucket = Bucket::full(flow, Millis(0));
        let at_once = (0..60)
            .take_while(|_| bucket.take(flow, Millis(0)).is_ok())
            .count();
        assert_eq!(at_once, 30);
        assert_eq!(bucket.take(flow, Millis(0)), Err(2_000), "at half the rate");
        // One that is not new any more goes on from what is left.
        assert_eq!(bucket.take(USUAL, Millis(600)), Err(400));
    }

    #[test]
    fn who_does_not_wait_gets_less_and_less_down_to_an_eighth_and_recovers() {
        let mut bucket = emptied(USUAL);
        let mut longest = 0;
        for _ in 0..200 {
            longest = longest.max(bucket.take(USUAL, Millis(0)).unwrap_err());
        }
        assert_eq!((bucket.strikes, longest), (3, 8_000));
        assert_eq!(
            bucket.take(USUAL, Millis(8_000)),
            Ok(()),
            "what was told last holds"
        );
        assert_eq!(bucket.take(USUAL, Millis(8_000)), Err(8_000));
        assert!(!bucket.is_full(USUAL, Millis(2 * RECOVERY_MS)));
        assert_eq!(bucket.strikes, 1);
        assert!(bucket.is_full(USUAL, Millis(3 * RECOVERY_MS)));
    }

    #[test]
    fn who_waits_as_told_is_never_struck() {
        let mut bucket = emptied(USUAL);
        let mut now = Millis(0);
        for _ in 0..1_000 {
            if let Err(wait_ms) = bucket.take(USUAL, now) {
                now = now.plus(i64::try_from(wait_ms).unwrap());
            }
        }
        assert_eq!(bucket.strikes, 0);
    }

    #[test]
    fn what_was_on_its_way_already_is_forgiven() {
        let mut bucket = emptied(USUAL);
        for _ in 0..FORGIVEN {
            assert_eq!(bucket.take(USUAL, Millis(0)), Err(1_000));
        }
        assert_eq!(bucket.strikes, 0);
    }

    #[test]
    fn a_clock_that_is_set_back_neither_gives_nor_takes() {
        let mut bucket = Bucket::full(USUAL, Millis(1_000_000));
        while bucket.take(USUAL, Millis(1_000_000)).is_ok() {}
        assert_eq!(bucket.take(USUAL, Millis(0)), Err(1_000));
        assert_eq!(bucket.take(USUAL, Millis(1_000)), Ok(()));
    }

    #[test]
    fn numbers_of_any_size_do_not_overflow() {
        let flow = Flow::new(u32::MAX, u32::MAX).times(u32::MAX);
        let mut bucket = Bucket::full(flow, Millis(i64::MIN));
        assert_eq!(bucket.take(flow, Millis(i64::MAX)), Ok(()));
        bucket.fine(u32::MAX);
        bucket.give_back(flow);
        assert_eq!(bucket.take(flow, Millis(i64::MIN)), Ok(()));
    }
}
