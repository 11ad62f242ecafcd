package io.jubernetes.apiserver.registry;

import io.jubernetes.apiserver.resource.Strategy;

/// A kind with a status of its own and without a generation.
public class StatusStrategy implements Strategy {
    @Override
    public boolean hasStatus() {
        return true;
    }
}
