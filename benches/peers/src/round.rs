//! All that was asked for, in turn.

use std::{
    fs,
    io::{self, Read},
    process::Command,
};

use crate::{
    arguments::{Arguments, Link, Program, or_all},
    client::Client,
    counts,
    job::{Job, Task},
    measure,
    server::{Place, Server},
    table::{Metric, Table},
};

const MIB: u64 = 1024 * 1024;
const GIB: f64 = 1024.0 * 1024.0 * 1024.0;

/// Sizes that Valgrind comes to an end with.
const COUNTED_SIZE: u64 = 64 * MIB;
const COUNTED_FILES: usize = 200;

/// Measures all, and prints a table for each server and link.
pub(crate) fn measure_all(arguments: &Arguments) -> io::Result<()> {
    let congestion = fs::read_to_string("/proc/sys/net/ipv4/tcp_congestion_control");
    println!(
        "{} MiB, {} files, {} sessions, {} idle; medians of {} runs, TCP with {}; in \
         parentheses how many times as good tokio-ftp is",
        arguments.size,
        arguments.files,
        arguments.sessions,
        arguments.idle,
        arguments.runs,
        congestion.unwrap_or_default().trim()
    );
    for program in or_all(&arguments.server) {
        for link in or_all(&arguments.link) {
            let server = start(arguments, program, link)?;
            let round_trip = server.round_trip()?;
            println!(
                "\n## {}, {}, round trip {:.3} ms\n",
                program.name(),
                match link {
                    Link::Plain => "plain",
                    Link::Tls => "TLS 1.3",
                },
                round_trip * 1e3
            );
            let mut round = Round {
                arguments,
                link,
                server: &server,
                round_trip,
                table: Table::new(clients(arguments)),
            };
            print!("{}", round.table.head());
            for job in or_all(&arguments.job) {
                for turn in 0..arguments.runs {
                    round.run(job, turn);
                }
                if arguments.counts {
                    round.count(job);
                }
                print!("{}", round.table.rows(job));
            }
        }
    }
    Ok(())
}

/// A server for somebody else's tools.
pub(crate) fn serve(arguments: &Arguments) -> io::Result<()> {
    let program = or_all(&arguments.server)[0];
    let link = or_all(&arguments.link)[0];
    let server = start(arguments, program, link)?;
    let round = Round {
        arguments,
        link,
        server: &server,
        round_trip: 0.0,
        table: Table::new(clients(arguments)),
    };
    for job in or_all(&arguments.job) {
        for client in [Client::Ours, Client::Suppaftp, Client::Bare] {
            let command = client.command(&round.task(job), &server.scratch())?;
            let words = [command.get_program()]
                .into_iter()
                .chain(command.get_args());
            let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
            println!("{}", words.join(" "));
        }
    }
    io::stdin().read_to_end(&mut Vec::new()).map(drop)
}

fn start(arguments: &Arguments, program: Program, link: Link) -> io::Result<Server> {
    let place = arguments.far.map_or(Place::Near, |address| Place::Far {
        address,
        namespace: arguments.namespace.clone(),
    });
    let size = arguments.size * MIB;
    let sizes = [size, size.min(COUNTED_SIZE)];
    Server::start(program, link, &place, &sizes, arguments.files)
}

/// Those who were asked for, in the order of the table.
fn clients(arguments: &Arguments) -> Vec<Client> {
    let mut clients = or_all(&arguments.client);
    clients.sort();
    clients.dedup();
    clients
}

/// The jobs on one server over one link.
struct Round<'a> {
    arguments: &'a Arguments,
    link: Link,
    server: &'a Server,
    round_trip: f64,
    table: Table,
}

impl Round<'_> {
    fn task(&self, job: Job) -> Task {
        Task {
            job,
            address: self.server.address,
            size: self.arguments.size * MIB,
            files: self.arguments.files,
            sessions: match job {
                Job::Idle => self.arguments.idle,
                _ => self.arguments.sessions,
            },
            source: self.server.root(),
            authority: self.server.authority().map(ToOwned::to_owned),
        }
    }

    /// Those who are to do the job, with another one at the front in each turn.
    fn clients(&self, job: Job, turn: usize) -> Vec<Client> {
        let mut clients: Vec<Client> = clients(self.arguments)
            .into_iter()
            .filter(|client| client.does(job, self.link) && !self.table.failed(job, *client))
            .collect();
        let turn = turn % clients.len().max(1);
        clients.rotate_left(turn);
        clients
    }

    /// Lets everybody do the job once.
    fn run(&mut self, job: Job, turn: usize) {
        for client in self.clients(job, turn) {
            let task = self.task(job);
            let taken = self.attempt(client, &task, |command, scratch| {
                measure::run(command, scratch)
            });
            match taken {
                Ok(taken) => self.note(client, &task, &taken),
                Err(reason) => self.table.fail(job, client, reason),
            }
        }
    }

    /// A run that counts in place of measuring.
    fn count(&mut self, job: Job) {
        if job == Job::Idle {
            return;
        }
        let bulk = matches!(job, Job::Down | Job::Up);
        let (calls, instructions) = match bulk {
            true => (Metric::CallsPerGib, Metric::InstructionsPerGib),
            false => (Metric::CallsPerFile, Metric::InstructionsPerFile),
        };
        // How many files, or GiB, a task is.
        let parts = |task: &Task| match job {
            Job::Login => 1.0,
            _ if bulk => task.size as f64 / GIB,
            _ => task.files as f64,
        };
        for client in self.clients(job, 0) {
            let mut task = self.task(job);
            let counted = self.attempt(client, &task, |command, scratch| {
                counts::calls(command, scratch)
            });
            if let Ok(count) = counted {
                self.table.add(job, calls, client, count / parts(&task));
            }
            task.size = task.size.min(COUNTED_SIZE);
            task.files = task.files.min(COUNTED_FILES);
            let counted = self.attempt(client, &task, |command, scratch| {
                counts::instructions(command, scratch)
            });
            if let Ok(count) = counted {
                let count = count / parts(&task) / 1e6;
                self.table.add(job, instructions, client, count);
            }
        }
    }

    /// Has a client do the task, and checks that it did.
    fn attempt<T>(
        &self,
        client: Client,
        task: &Task,
        run: impl FnOnce(&mut Command, &std::path::Path) -> Result<T, String>,
    ) -> Result<T, String> {
        let scratch = self.server.scratch();
        let command = client.command(task, &scratch);
        let mut command = command.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => "not installed".to_owned(),
            _ => error.to_string(),
        })?;
        self.server.clear(task).map_err(|error| error.to_string())?;
        let taken = run(&mut command, &scratch).map_err(|error| format!("failed: {error}"))?;
        let checked = self.server.check(task);
        checked.map_err(|error| format!("failed: {error}"))?;
        Ok(taken)
    }

    fn note(&mut self, client: Client, task: &Task, taken: &measure::Taken) {
        let report = taken.report;
        let seconds = report.seconds.unwrap_or(taken.seconds);
        let cpu = report.cpu.unwrap_or(taken.cpu);
        let bytes = task.bytes() as f64;
        let files = task.files as f64;
        let job = task.job;
        let mut add = |metric, value| self.table.add(job, metric, client, value);
        match job {
            Job::Down | Job::Up => {
                add(Metric::Throughput, bytes / seconds / MIB as f64);
                add(Metric::CpuPerGib, cpu * GIB / bytes);
            }
            Job::FilesDown | Job::FilesUp | Job::Sessions => {
                add(Metric::FilesPerSecond, files / seconds);
                add(Metric::CpuPerFile, cpu * 1e6 / files);
            }
            Job::Idle => {
                for (metric, bytes) in [
                    (Metric::Resident, report.resident),
                    (Metric::Heap, report.heap),
                ] {
                    if let Some(bytes) = bytes {
                        add(metric, bytes);
                    }
                }
            }
            Job::Login => {
                add(Metric::Login, seconds * 1e3);
                if self.arguments.far.is_some() {
                    add(Metric::RoundTrips, seconds / self.round_trip);
                }
            }
        }
    }
}
