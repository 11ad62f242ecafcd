package io.jubernetes.systemtests.operator;

import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Version;
import org.jspecify.annotations.Nullable;

/// The operator's kind: whom to greet.
@Group("tests.jubernetes.io")
@Version("v1")
public final class Greeting extends CustomResource<Greeting.Spec, Greeting.Status> implements Namespaced {
    private static final long serialVersionUID = 1;

    /// Records have no empty form to begin with.
    @Override
    protected @Nullable Spec initSpec() {
        return null;
    }

    @Override
    protected @Nullable Status initStatus() {
        return null;
    }

    /// What is wanted.
    public record Spec(String name, @Nullable Integer times) {}

    /// What is there.
    public record Status(String phase, @Nullable Long observedGeneration) {}
}
