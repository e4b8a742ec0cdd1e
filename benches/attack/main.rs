//! How a good client fares while the mock is attacked: its worst wait, and what memory the mock keeps afterwards.
//!
//! Each attack gets a mock of its own, in a process of its own, on loopback; nothing is ever sent elsewhere. Attacks are bounded
//! in count and time. Nothing here fails for being slow. `benches/README.md` says how to run it and how to read it.

mod attacks;
#[path = "../load/error.rs"]
#[allow(dead_code, reason = "shared with the load bench, which has more ways to fail")]
mod error;
#[path = "../load/server.rs"]
#[allow(dead_code, reason = "shared with the load bench, which reads the processor time as well")]
mod server;
mod victim;

use std::{
    env,
    process::{Command, ExitCode},
    thread,
    time::Duration,
};

use tokio::runtime::Runtime;

use crate::{
    attacks::{ATTACKS, Attack},
    error::LoadError,
    server::Server,
    victim::{Victim, Waits},
};

/// How long an attack goes on.
const LENGTH: Duration = Duration::from_secs(5);
/// How long the mock has to give memory back.
const REST: Duration = Duration::from_secs(3);
/// Requests of the good client before an attack, so that what the mock holds anyway is there.
const WARM_UP: usize = 50;
/// The longest that a good client should wait.
const TARGET: Duration = Duration::from_secs(2);
/// The most memory that should be left, as a multiple of what there was: three halves.
const KEPT: (u64, u64) = (3, 2);

fn main() -> ExitCode {
    // Cargo puts `--bench` behind all other arguments; `cargo test` passes none.
    let arguments: Vec<String> = env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if env::args().len() == arguments.len() + 1 {
        eprintln!("attack: nothing to do; measure with `cargo bench --bench attack`");
        return ExitCode::SUCCESS;
    }
    let chosen =
        ATTACKS.iter().filter(|attack| arguments.is_empty() || arguments.iter().any(|name| name == attack.name));
    println!("attack                 small    100 KiB   memory before    peak    after");
    for attack in chosen {
        if let Err(error) = measure(attack) {
            eprintln!("attack: {}: {error}", attack.name);
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn measure(attack: &Attack) -> Result<(), LoadError> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_accordant"));
    let server = Server::start("mock", command.args(["mock", "--listen", "127.0.0.1:0"]), &[])?;
    let calm = Victim::ask(server.address, WARM_UP);
    let before = server.resident()?;
    let runtime = Runtime::new().map_err(error::while_doing("start the attackers"))?;
    let victim = Victim::start(server.address);
    let attackers = attacks::start(&runtime, attack, server.address);
    let mut peak = before;
    for _ in 0..20 {
        thread::sleep(LENGTH / 20);
        peak = peak.max(server.resident()?);
    }
    let waits = victim.stop();
    drop(attackers);
    runtime.shutdown_background();
    thread::sleep(REST);
    print(attack, (calm, waits), (before, peak, server.resident()?));
    Ok(())
}

fn print(attack: &Attack, (calm, waits): (Waits, Waits), (before, peak, after): (u64, u64, u64)) {
    let mib = |bytes: u64| format!("{}.{} MiB", bytes >> 20, (bytes >> 10) % 1024 * 10 / 1024);
    let name = format!("{} x {}", attack.name, attack.count);
    let (small, large) = (millis(waits.small), millis(waits.large));
    println!("{name:<22}{small:>7}{large:>11}{:>16}{:>8}{:>9}", mib(before), mib(peak), mib(after));
    if waits.failed > 0 {
        println!("  {} of the good client's {} requests were not answered as they should be", waits.failed, waits.sent);
    }
    if waits.small.max(waits.large) > TARGET {
        println!("  MISSED: a good client waits no longer than {TARGET:?}; in calm it waited {}", millis(calm.large));
    }
    if after * KEPT.1 > before * KEPT.0 {
        println!("  MISSED: afterwards there is no more than {}/{} of the memory of before", KEPT.0, KEPT.1);
    }
}

fn millis(wait: Duration) -> String {
    format!("{} ms", wait.as_millis())
}
