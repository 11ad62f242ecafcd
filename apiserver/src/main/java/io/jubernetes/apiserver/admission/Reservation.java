package io.jubernetes.apiserver.admission;

/// What was set aside for a write. Exactly one of the two methods is called, once the outcome is known.
public interface Reservation {
    /// Nothing was set aside.
    Reservation NONE = new Reservation() {
        @Override
        public void commit() {}

        @Override
        public void revert() {}
    };

    /// The write is done: what the object no longer uses may go back.
    void commit();

    /// The write has failed: what was set aside for it goes back.
    void revert();
}
