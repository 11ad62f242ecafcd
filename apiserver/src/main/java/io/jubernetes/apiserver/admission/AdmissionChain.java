package io.jubernetes.apiserver.admission;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.resource.ApiResource;
import java.util.ArrayList;
import java.util.List;

/// Runs the plugins in order. Thread-safe.
public final class AdmissionChain {
    private final List<AdmissionPlugin> plugins;

    public AdmissionChain(List<AdmissionPlugin> plugins) {
        this.plugins = List.copyOf(plugins);
    }

    /// Lets every plugin change the object; once more when webhooks or policies have changed it, so
    /// that the others see what has come of it.
    public void mutate(AdmissionRequest request) {
        plugins.forEach(plugin -> plugin.mutate(request));
        if (request.reinvocation().begin()) {
            plugins.forEach(plugin -> plugin.mutate(request));
        }
    }

    public void validate(AdmissionRequest request) {
        for (AdmissionPlugin plugin : plugins) {
            plugin.validate(request);
        }
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

    /// Tells all plugins that an object is gone.
    public void deleted(ApiResource resource, ObjectNode object) {
        plugins.forEach(plugin -> plugin.deleted(resource, object));
    }
}
