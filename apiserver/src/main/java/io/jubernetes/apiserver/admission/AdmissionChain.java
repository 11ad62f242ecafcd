package io.jubernetes.apiserver.admission;

import java.util.List;

/// Runs the plugins in order. Thread-safe.
public final class AdmissionChain {
    private final List<AdmissionPlugin> plugins;

    public AdmissionChain(List<AdmissionPlugin> plugins) {
        this.plugins = List.copyOf(plugins);
    }

    public void mutate(AdmissionRequest request) {
        for (AdmissionPlugin plugin : plugins) {
            plugin.mutate(request);
        }
    }

    public void validate(AdmissionRequest request) {
        for (AdmissionPlugin plugin : plugins) {
            plugin.validate(request);
        }
    }
}
