package io.jubernetes.apiserver.admission;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.resource.ApiResource;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// Runs the plugins in order. Thread-safe.
public final class AdmissionChain implements AutoCloseable {
    private final List<AdmissionPlugin> plugins;
    private final AdmissionMetrics metrics;

    public AdmissionChain(List<AdmissionPlugin> plugins, MeterRegistry registry) {
        this(plugins, new AdmissionMetrics(registry));
    }

    private AdmissionChain(List<AdmissionPlugin> plugins, AdmissionMetrics metrics) {
        this.plugins = List.copyOf(plugins);
        this.metrics = metrics;
    }

    /// The same plugins but for some, by their names.
    public AdmissionChain without(Set<String> names) {
        return new AdmissionChain(
                plugins.stream()
                        .filter(plugin -> !names.contains(plugin.name()))
                        .toList(),
                metrics);
    }

    /// Lets every plugin change the object; once more when webhooks or policies have changed it, so
    /// that the others see what has come of it.
    public void mutate(AdmissionRequest request) {
        metrics.step("admit", request, () -> mutateInRounds(request));
    }

    private void mutateInRounds(AdmissionRequest request) {
        plugins.forEach(plugin -> plugin.mutate(request));
        if (request.reinvocation().begin()) {
            plugins.forEach(plugin -> plugin.mutate(request));
        }
    }

    public void validate(AdmissionRequest request) {
        metrics.step("validate", request, () -> plugins.forEach(plugin -> plugin.validate(request)));
    }

    /// Sets aside what the object needs; when one plugin refuses, the others give theirs back.
    public Reservation reserve(AdmissionRequest request) {
        List<Reservation> done = new ArrayList<>();
        try {
            for (AdmissionPlugin plugin : plugins) {
                done.add(plugin.reserve(request));
            }
        } catch (RuntimeException e) {
            done.forEach(Reservation::revert);
            throw e;
        }
        return new Reservation() {
            @Override
            public void commit() {
                done.forEach(Reservation::commit);
            }

            @Override
            public void revert() {
                done.forEach(Reservation::revert);
            }
        };
    }

    /// Begins what plugins do beside requests.
    public void start() {
        plugins.forEach(AdmissionPlugin::start);
    }

    @Override
    public void close() {
        plugins.forEach(AdmissionPlugin::close);
    }

    /// Tells all plugins that an object is gone.
    public void deleted(ApiResource resource, ObjectNode object) {
        plugins.forEach(plugin -> plugin.deleted(resource, object));
    }
}
