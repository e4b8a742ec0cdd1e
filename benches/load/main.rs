//! Load on the mock, measured against bare hyper in the same run on the same machine.
//!
//! For each operation the mock answers one recorded request; a second process, plain hyper, is given that answer to send
//! to whatever it reads. Both get the same load in turn, so the figure is a ratio. Nothing here fails for being slow.
//! `benches/README.md` says how to run it and how to read it.

mod bare;
mod client;
mod error;
mod generator;
mod measure;
mod options;
mod placement;
mod report;
mod requests;
mod server;

use std::{env, error::Error, fs, process::ExitCode};

use crate::{
    error::{LoadError, while_doing},
    measure::Run,
    options::Invocation,
    placement::Placement,
};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprint!("load: {error}");
            let mut cause = error.source();
            while let Some(error) = cause {
                eprint!(": {error}");
                cause = error.source();
            }
            eprintln!();
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    match options::parse(env::args_os().skip(1))? {
        Invocation::Idle => eprintln!("load: nothing to do; measure with `cargo bench --bench load`"),
        Invocation::Bare(workers) => match bare::serve(workers)? {},
        Invocation::Load(options) => {
            // A soak is after the memory, which is largest with all workers.
            let pin = options.pin && options.soak.is_none();
            let placement = if pin { Placement::take() } else { None };
            load(&Run { options: *options, placement })?;
        }
    }
    Ok(())
}

fn load(run: &Run) -> Result<(), LoadError> {
    println!("{}", report::render_setup(run));
    let starts = measure::start_times(run)?;
    println!("{}", report::render_start(&starts));

    let mock = measure::start_mock(run)?;
    let (mut measured, mut memory) = (Vec::new(), Vec::new());
    if let Some(requests) = run.options.soak {
        memory = measure::soak(&mock, requests, run, |reading| println!("{}", report::render_memory(reading)))?;
    } else {
        println!("{}", report::render_heading());
        for &call in &run.options.operations {
            let one = measure::measure(call, &mock, run)?;
            println!("{}", report::render_line(&one, run));
            measured.push(one);
        }
        memory.push(measure::memory_after(&mock, &measured)?);
        println!("{}", report::render_memory(memory[0]));
    }

    if let Some(path) = &run.options.json {
        let figures = report::to_json(run, &starts, &measured, &memory);
        fs::write(path, format!("{figures:#}\n")).map_err(while_doing(format!("write {}", path.display())))?;
    }
    Ok(())
}
