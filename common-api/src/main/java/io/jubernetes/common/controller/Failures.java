package io.jubernetes.common.controller;

import io.fabric8.kubernetes.client.KubernetesClientException;

/// What the API server said about a failed request, in its own words and no more: for events, conditions and logs.
public final class Failures {
    private Failures() {}

    public static String message(Throwable failure) {
        if (failure instanceof KubernetesClientException api
                && api.getStatus() != null
                && api.getStatus().getMessage() != null
                && !api.getStatus().getMessage().isEmpty()) {
            return api.getStatus().getMessage();
        }
        return String.valueOf(failure.getMessage());
    }
}
