//! Lists of domain records, which are made after the world has been released.

use std::sync::Arc;
use std::time::Duration;

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::record::UpTimes;
use super::{Detail, Domain, Failure, Order, States, World, record};

/// Domains as they were at one moment, with what is needed to describe them.
///
/// A listing shares the domains with its world, so it costs little. A caller that holds the world behind a lock can
/// release the lock before the records are made.
#[derive(Clone, Debug)]
pub struct Listing {
    domains: Vec<Arc<Domain>>,
    release: Release,
    detail: Detail,
    now: Duration,
}

impl Listing {
    /// Returns the records of the domains. Each is made when the iterator reaches it, because keeping thousands of
    /// records at once takes longer than making and printing them.
    pub fn records(&self) -> impl ExactSizeIterator<Item = Datum> {
        self.domains.iter().map(|domain| record::record(domain, self.release, self.detail, self.now))
    }

    /// Appends the records as S-expressions, with a space between them. A domain that has not changed since its record
    /// was printed before is not described again.
    pub fn show_into(&self, out: &mut Vec<u8>) {
        let mut up_times = UpTimes::default();
        for (at, domain) in self.domains.iter().enumerate() {
            if at > 0 {
                out.push(b' ');
            }
            record::show_into(out, domain, self.release, self.detail, self.now, &mut up_times);
        }
    }
}

impl World {
    /// Returns a listing of domains as they are at a time, given since the Unix epoch.
    ///
    /// # Errors
    /// In 3.1, returns the failure that the daemon has while any active domain has more memory than it may have.
    pub fn listing(&mut self, now: Duration, states: States, detail: Detail, order: Order) -> Result<Listing, Failure> {
        self.settle(now);
        self.refresh()?;
        let mut domains: Vec<_> = self.listed(states).cloned().collect();
        if order == Order::ByName {
            domains.sort_by(|one, other| one.name.cmp(&other.name));
        }
        Ok(Listing { domains, release: self.release, detail, now })
    }

    /// Returns a listing of one domain as it is at a time, given since the Unix epoch.
    ///
    /// # Errors
    /// Returns the errors of [`find`](Self::find) and of [`listing`](Self::listing).
    pub fn listing_of(&mut self, now: Duration, domain: &Datum, detail: Detail) -> Result<Listing, Failure> {
        self.settle(now);
        self.refresh()?;
        let at = self.position(domain)?;
        Ok(Listing { domains: vec![self.domains.shared(at)], release: self.release, detail, now })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::world::Command;
    use crate::world::printed::Printed;

    const NOW: Duration = Duration::from_secs(1_200_000_000);

    #[test]
    fn a_listing_keeps_what_it_was_taken_of() {
        let mut world = World::new(Release::V3_4, NOW);
        let listing = world.listing(NOW, States::All, Detail::Whole, Order::ById).expect("nothing is wrong");
        let before: Vec<_> = listing.records().collect();
        world.perform(NOW, &Command::Pause { domain: "vm1".into() }).unwrap();
        world.perform(NOW, &Command::Destroy { domain: "vm2".into() }).unwrap();
        assert_eq!(listing.records().collect::<Vec<_>>(), before);
        assert_ne!(
            world
                .listing(NOW, States::All, Detail::Whole, Order::ById)
                .expect("nothing is wrong")
                .records()
                .collect::<Vec<_>>(),
            before
        );
    }

    #[test]
    fn a_domain_is_described_again_only_when_it_has_changed() {
        for release in [Release::V3_0_3, Release::V4_1] {
            let mut world = World::new(release, NOW);
            let list = |world: &mut World, seconds| {
                let now = NOW + Duration::from_secs(seconds);
                let listing = world.listing(now, States::All, Detail::Whole, Order::ById).expect("nothing is wrong");
                let mut shown = Vec::new();
                listing.show_into(&mut shown);
                let anew: Vec<_> = listing.records().map(|record| record.show(release)).collect();
                assert_eq!(shown.escape_ascii().to_string(), anew.join(&b' ').escape_ascii().to_string());
                shown
            };
            let kept = |world: &World| -> Vec<_> {
                world.domains().iter().map(|domain| domain.printed.get(release).is_some()).collect()
            };
            assert_eq!(kept(&world), [false, false, false]);
            let first = list(&mut world, 0);
            assert_eq!(kept(&world), [true, true, true]);
            // Up to 3.0.3 a record tells for how long the domain has been up.
            assert_eq!(list(&mut world, 1) == first, release > Release::V3_0_3);
            world.perform(NOW, &Command::Pause { domain: "vm1".into() }).unwrap();
            assert_eq!(kept(&world), [true, false, true]);
            assert_ne!(list(&mut world, 0), first);
            assert_eq!(kept(&world), [true, true, true]);
        }
    }

    #[test]
    fn a_long_record_is_not_kept() {
        let mut world = World::new(Release::V4_1, NOW);
        world.perform(NOW, &Command::Rename { domain: "vm1".into(), name: b"a".repeat(Printed::MOST) }).unwrap();
        let listing = world.listing(NOW, States::All, Detail::Whole, Order::ById).expect("nothing is wrong");
        let mut shown = Vec::new();
        listing.show_into(&mut shown);
        assert!(shown.len() > Printed::MOST);
        let kept: Vec<_> = world.domains().iter().map(|domain| domain.printed.get(Release::V4_1).is_some()).collect();
        assert_eq!(kept, [true, false, true]);
    }

    #[test]
    fn a_change_copies_only_the_domain_that_it_changes() {
        let mut world = World::new(Release::V3_4, NOW);
        let listing = world.listing(NOW, States::All, Detail::Whole, Order::ById).expect("nothing is wrong");
        world.perform(NOW, &Command::Pause { domain: "vm1".into() }).unwrap();
        let shared: Vec<_> =
            listing.domains.iter().zip(world.domains()).map(|(one, other)| Arc::ptr_eq(one, other)).collect();
        assert_eq!(shared, [true, false, true]);
    }

    #[test]
    fn each_change_has_a_generation_and_looking_has_none() {
        let mut world = World::new(Release::V3_4, NOW);
        let changes = |world: &mut World, command: Command| {
            let before = world.generation();
            world.perform(NOW, &command).unwrap();
            world.generation() != before
        };
        let vm1 = || Datum::from("vm1");
        assert!(changes(&mut world, Command::Pause { domain: vm1() }));
        assert!(changes(&mut world, Command::Rename { domain: vm1(), name: b"web".to_vec() }));
        assert!(changes(&mut world, Command::Destroy { domain: "web".into() }));
        assert!(!changes(&mut world, Command::Names(States::All)));
        assert!(!changes(&mut world, Command::Record { domain: "vm2".into(), detail: Detail::Whole }));
        assert!(!changes(&mut world, Command::Vcpus { domain: "vm2".into() }));
    }

    #[test]
    fn what_guests_do_by_themselves_has_a_generation_too() {
        let mut world = World::new(Release::V3_4, NOW);
        world.perform(NOW, &Command::Shutdown { domain: "vm1".into(), reason: b"halt".to_vec() }).unwrap();
        let before = world.generation();
        world.perform(NOW, &Command::Names(States::All)).unwrap();
        assert_ne!(world.generation(), before);
    }
}
