package io.jubernetes.apiserver.registry.core.podspec;

import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.apiserver.validation.PortRules;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/// Probes and lifecycle hooks, and what both can do.
final class ProbeRules {
    private static final List<String> PROBE_HANDLERS = List.of("exec", "httpGet", "tcpSocket", "grpc");
    private static final List<String> HOOK_HANDLERS = List.of("exec", "httpGet", "tcpSocket", "sleep");
    private static final Pattern HEADER = Pattern.compile("[-A-Za-z0-9]+");
    private static final String BAD_HEADER = "a valid HTTP header must consist of alphanumeric characters or '-' (e.g."
            + " 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')";
    private static final Set<String> LINUX_SIGNALS = Signals.LINUX;

    private ProbeRules() {}

    /// @param probe the liveness, readiness or startup probe of a container
    static void check(Field probe, SpecScope scope) {
        checkHandlers(probe, PROBE_HANDLERS, scope);
        for (String field : List.of(
                "initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold")) {
            probe.get(field).requireNonNegative();
        }
        Field grace = probe.get("terminationGracePeriodSeconds");
        if (grace.isSet() && grace.number() <= 0) {
            grace.invalid("must be greater than 0");
        }
        if (probe.path().endsWith("readinessProbe")) {
            if (grace.isSet()) {
                grace.invalid("must not be set for readinessProbes");
            }
        } else if (probe.get("successThreshold").number() != 1) {
            probe.get("successThreshold").invalid(probe.get("successThreshold").number(), "must be 1");
        }
    }

    static void checkLifecycle(Field lifecycle, SpecScope scope) {
        for (String hook : List.of("postStart", "preStop")) {
            if (lifecycle.get(hook).isSet()) {
                checkHandlers(lifecycle.get(hook), HOOK_HANDLERS, scope);
            }
        }
        Field signal = lifecycle.get("stopSignal");
        if (signal.isSet()) {
            checkSignal(signal, scope);
        }
    }

    private static void checkSignal(Field signal, SpecScope scope) {
        String os = scope.spec().get("os").get("name").text();
        switch (os) {
            case "" -> signal.forbidden("may not be set for containers with empty `spec.os.name`");
            case "windows" -> signal.requireOneOf(List.of("SIGKILL", "SIGTERM"));
            default -> {
                if (!LINUX_SIGNALS.contains(signal.text())) {
                    signal.notSupported(LINUX_SIGNALS.stream().sorted().toList());
                }
            }
        }
    }

    private static void checkHandlers(Field owner, List<String> kinds, SpecScope scope) {
        boolean any = false;
        for (String kind : kinds) {
            Field handler = owner.get(kind);
            if (!handler.isSet()) {
                continue;
            }
            if (any) {
                handler.forbidden("may not specify more than 1 handler type");
            } else {
                checkHandler(kind, handler, scope);
            }
            any = true;
        }
        if (!any) {
            owner.required("must specify a handler type");
        }
    }

    private static void checkHandler(String kind, Field handler, SpecScope scope) {
        switch (kind) {
            case "exec" -> handler.get("command").requireValue();
            case "httpGet" -> {
                handler.get("path").requireValue();
                PortRules.checkNumberOrName(handler.get("port"));
                handler.get("scheme").requireOneOf(List.of("HTTP", "HTTPS"));
                for (Field header : handler.get("httpHeaders").items()) {
                    String name = header.get("name").text();
                    if (!HEADER.matcher(name).matches()) {
                        handler.get("httpHeaders").invalid(name, BAD_HEADER);
                    }
                }
            }
            case "tcpSocket" -> PortRules.checkNumberOrName(handler.get("port"));
            case "grpc" -> PortRules.checkNumber(handler.get("port"));
            default -> checkSleep(handler, scope.gracePeriod());
        }
    }

    private static void checkSleep(Field sleep, @org.jspecify.annotations.Nullable Long gracePeriod) {
        long seconds = sleep.get("seconds").number();
        if (gracePeriod != null && (seconds < 0 || seconds > gracePeriod)) {
            sleep.invalid(
                    seconds, "must be non-negative and less than terminationGracePeriodSeconds (" + gracePeriod + ")");
        }
    }
}
