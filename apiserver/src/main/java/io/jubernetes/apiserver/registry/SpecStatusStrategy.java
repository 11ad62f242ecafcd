package io.jubernetes.apiserver.registry;

import io.jubernetes.apiserver.resource.Strategy;

/// A kind with a spec that users write, a status that controllers write, and a generation that counts changes of the
/// spec.
public class SpecStatusStrategy implements Strategy {
    @Override
    public boolean hasStatus() {
        return true;
    }

    @Override
    public boolean hasGeneration() {
        return true;
    }
}
