package io.jubernetes.scheduler.config;

import com.fasterxml.jackson.databind.node.TextNode;
import java.time.Duration;
import java.util.List;

/// What must hold for how the scheduler talks to the API server and how several of them agree on who is active.
final class ConnectionRules {
    private ConnectionRules() {}

    static void checkElection(Fields election) {
        boolean elects = election.flag("leaderElect", true);
        Duration lease = positive(election, "leaseDuration", Duration.ofSeconds(15));
        Duration renew = positive(election, "renewDeadline", Duration.ofSeconds(10));
        positive(election, "retryPeriod", Duration.ofSeconds(2));
        if (elects && lease.compareTo(renew) <= 0) {
            election.problems()
                    .invalid(
                            election.path("leaseDuration"),
                            TextNode.valueOf(lease.toSeconds() + "s"),
                            "LeaseDuration must be greater than RenewDeadline");
        }
        String lock = election.text("resourceLock", "leases");
        if (elects && !lock.equals("leases")) {
            election.problems().invalid(election.path("resourceLock"), lock, "resourceLock value must be \"leases\"");
        }
        for (String field : List.of("resourceName", "resourceNamespace")) {
            if (elects && election.text(field, "kube-scheduler").isEmpty()) {
                election.problems().required(election.path(field), field + " is required");
            }
        }
        election.rejectOthers();
    }

    private static Duration positive(Fields election, String field, Duration otherwise) {
        Duration value = election.duration(field, otherwise);
        if (value.isZero() || value.isNegative()) {
            election.problems().invalid(election.path(field), election.raw(field), "must be greater than zero");
            return otherwise;
        }
        return value;
    }

    static void checkClient(Fields client) {
        client.text("kubeconfig", "");
        client.text("acceptContentTypes", "");
        client.text("contentType", "");
        client.raw("qps");
        client.integer("burst", 100, 0, Integer.MAX_VALUE, "must be non-negative");
        client.rejectOthers();
    }
}
