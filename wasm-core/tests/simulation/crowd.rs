//! Many clients at once.

use crate::seeds;
use crate::world::World;

const NAMES: [&str; 100] = ["somebody"; 100];

/// Random edits, offline spells, crashes, and now and then everybody comes back at once.
#[test]
fn one_hundred_clients_end_in_the_same_state() {
    seeds::each(1, |seed| {
        let mut world = World::of(seed, &NAMES);
        for step in 0..120 {
            world.step(false);
            for _ in 0..3 {
                let who = world.dice.below(NAMES.len() as u64) as usize;
                world.act(who);
            }
            if step % 40 == 39 {
                for client in &mut world.clients {
                    client.cut(world.now);
                }
            }
        }
        world.settle_until("peace", World::is_quiet);
        assert!(world.relay.log.len() > 200, "little happened");
        world.check();
    });
}
