//! What some requests have beside them.

use crate::envelope::CorrelationId;

/// Something that few requests have, by slot; it takes no memory where none has it.
#[derive(Debug)]
pub(super) struct BySlot<T> {
    slots: Vec<Option<(CorrelationId, T)>>,
}

impl<T> Default for BySlot<T> {
    fn default() -> Self {
        Self { slots: Vec::new() }
    }
}

impl<T> BySlot<T> {
    /// Puts it beside a request. What an earlier one of the slot had was taken when that ended.
    #[inline]
    pub(super) fn insert(&mut self, id: CorrelationId, item: T) {
        let index = id.slot() as usize;
        if self.slots.len() <= index {
            self.slots.resize_with(index + 1, || None);
        }
        self.slots[index] = Some((id, item));
    }

    /// What a request has; from now on nothing.
    #[inline]
    pub(super) fn take(&mut self, id: CorrelationId) -> Option<T> {
        let slot = self.slots.get_mut(id.slot() as usize)?;
        let (_, item) = slot.take_if(|(of, _)| *of == id)?;
        Some(item)
    }

    /// What all have, and the memory with it.
    pub(super) fn take_all(&mut self) -> impl Iterator<Item = T> + use<T> {
        let slots = std::mem::take(&mut self.slots);
        slots.into_iter().flatten().map(|(_, item)| item)
    }

    /// Whether no request has anything.
    pub(super) fn is_empty(&self) -> bool {
        self.slots.iter().all(Option::is_none)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_taken_once_by_the_request_that_has_it() {
        let mut beside = BySlot::default();
        let (id, later) = (CorrelationId::new(3, 1), CorrelationId::new(3, 2));
        assert_eq!(beside.take(id), None);
        beside.insert(id, "one");
        assert_eq!(beside.take(later), None);
        assert_eq!(beside.take(id), Some("one"));
        assert_eq!(beside.take(id), None);
        beside.insert(later, "two");
        assert_eq!(beside.take_all().collect::<Vec<_>>(), ["two"]);
        assert!(beside.is_empty());
    }
}
