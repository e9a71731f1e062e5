//! The results, as a table in Markdown.

use std::collections::BTreeMap;

use crate::{client::Client, job::Job};

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Metric {
    Throughput,
    FilesPerSecond,
    CpuPerGib,
    CpuPerFile,
    Login,
    RoundTrips,
    Resident,
    Heap,
    CallsPerGib,
    CallsPerFile,
    InstructionsPerGib,
    InstructionsPerFile,
}

impl Metric {
    fn name(self) -> &'static str {
        match self {
            Self::Throughput => "MiB a second",
            Self::FilesPerSecond => "files a second",
            Self::CpuPerGib => "CPU seconds a GiB",
            Self::CpuPerFile => "CPU µs a file",
            Self::Login => "ms",
            Self::RoundTrips => "round trips",
            Self::Resident => "resident bytes a session",
            Self::Heap => "heap bytes a session",
            Self::CallsPerGib => "system calls a GiB",
            Self::CallsPerFile => "system calls a file",
            Self::InstructionsPerGib => "million instructions a GiB",
            Self::InstructionsPerFile => "million instructions a file",
        }
    }

    /// How many times as good `ours` is.
    fn ratio(self, ours: f64, theirs: f64) -> f64 {
        match self {
            Self::Throughput | Self::FilesPerSecond => ours / theirs,
            _ => theirs / ours,
        }
    }
}

/// What was measured of one server over one link.
#[derive(Debug)]
pub(crate) struct Table {
    clients: Vec<Client>,
    values: BTreeMap<(Job, Metric), BTreeMap<Client, Vec<f64>>>,
    failures: BTreeMap<(Job, Client), String>,
}

impl Table {
    /// An empty table with a column for each of the clients.
    pub(crate) fn new(clients: Vec<Client>) -> Self {
        Self {
            clients,
            values: BTreeMap::new(),
            failures: BTreeMap::new(),
        }
    }

    pub(crate) fn add(&mut self, job: Job, metric: Metric, client: Client, value: f64) {
        let values = self.values.entry((job, metric)).or_default();
        values.entry(client).or_default().push(value);
    }

    /// Once a client has failed at a job, its times are not to be had.
    pub(crate) fn fail(&mut self, job: Job, client: Client, reason: String) {
        self.failures.entry((job, client)).or_insert(reason);
    }

    pub(crate) fn failed(&self, job: Job, client: Client) -> bool {
        self.failures.contains_key(&(job, client))
    }

    /// The line with the names, and the one below.
    pub(crate) fn head(&self) -> String {
        let names: Vec<&str> = self.clients.iter().map(|client| client.name()).collect();
        let rules = "---|".repeat(self.clients.len() + 2);
        format!("| job | | {} |\n|{rules}\n", names.join(" | "))
    }

    /// The lines of a job, with the reasons why there is nothing to be told of a client.
    pub(crate) fn rows(&self, job: Job) -> String {
        let metrics = self.values.keys().filter(|(of, _)| *of == job);
        let mut text: String = metrics
            .map(|(_, metric)| {
                let cells = self
                    .clients
                    .iter()
                    .map(|client| self.cell(job, *metric, *client));
                let cells: Vec<String> = cells.collect();
                let (job, metric) = (job.name(), metric.name());
                format!("| {job} | {metric} | {} |\n", cells.join(" | "))
            })
            .collect();
        for client in &self.clients {
            if let Some(reason) = self.failures.get(&(job, *client)) {
                text.push_str(&format!(
                    "| {} | {}: {reason} |\n",
                    job.name(),
                    client.name()
                ));
            }
        }
        text
    }

    fn cell(&self, job: Job, metric: Metric, client: Client) -> String {
        if self.failed(job, client) {
            return "–".to_owned();
        }
        let of = |client| {
            let values = self.values.get(&(job, metric))?.get(&client)?;
            Some(median(values))
        };
        match (of(client), of(Client::Ours)) {
            (None, _) => String::new(),
            (Some(value), Some(ours)) if client != Client::Ours => {
                format!("{} ({:.2})", short(value), metric.ratio(ours, value))
            }
            (Some(value), _) => short(value),
        }
    }
}

fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() % 2 {
        0 => (values[middle - 1] + values[middle]) / 2.0,
        _ => values[middle],
    }
}

/// Three digits that count.
fn short(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}
