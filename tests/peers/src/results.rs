//! What was measured.

use crate::Failure;
use crate::cell::Cell;
use crate::measure::{Cost, median};

#[derive(Default)]
pub(crate) struct Results {
    rows: Vec<Row>,
    failures: Vec<String>,
}

struct Row {
    cell: Cell,
    /// One for each round; none where it has failed.
    rounds: Vec<Option<Cost>>,
    system_calls: f64,
    allocations: f64,
}

impl Results {
    pub(crate) fn add(&mut self, cell: Cell, outcome: Result<Cost, Failure>) {
        let cost = self.noting(cell, outcome);
        match self.rows.iter_mut().find(|row| row.cell == cell) {
            Some(row) => row.rounds.push(cost),
            None => self.rows.push(Row {
                cell,
                rounds: vec![cost],
                system_calls: f64::NAN,
                allocations: f64::NAN,
            }),
        }
    }

    pub(crate) fn count(
        &mut self,
        cell: Cell,
        system_calls: Result<f64, Failure>,
        allocations: Result<f64, Failure>,
    ) {
        let system_calls = self.noting(cell, system_calls).unwrap_or(f64::NAN);
        let allocations = self.noting(cell, allocations).unwrap_or(f64::NAN);
        for row in self.rows.iter_mut().filter(|row| row.cell == cell) {
            row.system_calls = system_calls;
            row.allocations = allocations;
        }
    }

    /// All, in the order in which they came first.
    pub(crate) fn cells(&self) -> Vec<Cell> {
        self.rows.iter().map(|row| row.cell).collect()
    }

    /// The medians of its rounds.
    pub(crate) fn cost(&self, cell: &Cell) -> Option<Cost> {
        let rounds: Vec<_> = self.row(cell)?.rounds.iter().flatten().copied().collect();
        Some(Cost::median(&rounds))
    }

    pub(crate) fn system_calls(&self, cell: &Cell) -> f64 {
        self.row(cell).map_or(f64::NAN, |row| row.system_calls)
    }

    pub(crate) fn allocations(&self, cell: &Cell) -> f64 {
        self.row(cell).map_or(f64::NAN, |row| row.allocations)
    }

    /// How many times one costs what the other does: the median, and the rounds' least and most.
    pub(crate) fn times(&self, one: &Cell, other: &Cell) -> (f64, f64, f64) {
        let (Some(one), Some(other)) = (self.row(one), self.row(other)) else {
            return (f64::NAN, f64::NAN, f64::NAN);
        };
        let rounds = one.rounds.iter().zip(&other.rounds);
        let each = |(one, other): (&Option<Cost>, &Option<Cost>)| {
            Some(one.as_ref()?.cpu_us / other.as_ref()?.cpu_us)
        };
        let times: Vec<f64> = rounds.filter_map(each).collect();
        let of = |row: &Row| median(row.rounds.iter().flatten().map(|cost| cost.cpu_us));
        (
            of(one) / of(other),
            times.iter().copied().fold(f64::NAN, f64::min),
            times.iter().copied().fold(f64::NAN, f64::max),
        )
    }

    pub(crate) fn failures(&self) -> &[String] {
        &self.failures
    }

    fn row(&self, cell: &Cell) -> Option<&Row> {
        self.rows.iter().find(|row| row.cell == *cell)
    }

    fn noting<T>(&mut self, cell: Cell, outcome: Result<T, Failure>) -> Option<T> {
        outcome
            .map_err(|failure| {
                let (peer, shape) = (cell.peer, cell.load.shape());
                self.failures.push(format!("{peer} at {shape}: {failure}"));
            })
            .ok()
    }
}
