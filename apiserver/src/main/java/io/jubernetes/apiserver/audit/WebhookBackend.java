package io.jubernetes.apiserver.audit;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.webhook.ConfiguredWebhook;
import io.jubernetes.common.codec.Json;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/// Posts events to a server that a kubeconfig file names, some times over when it fails.
final class WebhookBackend implements AuditBackend {
    private static final int ATTEMPTS = 5;
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    private final ConfiguredWebhook webhook;
    private final Duration firstPause;

    WebhookBackend(ConfiguredWebhook webhook, Duration firstPause) {
        this.webhook = webhook;
        this.firstPause = firstPause;
    }

    @Override
    public String name() {
        return "webhook";
    }

    @Override
    public void deliver(List<ObjectNode> events) throws IOException {
        ObjectNode list = Json.object();
        list.put("kind", "EventList").put("apiVersion", "audit.k8s.io/v1");
        list.putObject("metadata");
        ArrayNode items = list.putArray("items");
        events.forEach(items::add);
        Duration pause = firstPause;
        for (int attempt = 1; ; attempt++) {
            try {
                webhook.send(list, TIMEOUT);
                return;
            } catch (IOException e) {
                if (attempt == ATTEMPTS) {
                    throw e;
                }
                rest(pause);
                pause = pause.multipliedBy(2);
            }
        }
    }

    private static void rest(Duration pause) throws IOException {
        try {
            Thread.sleep(pause.plusMillis(ThreadLocalRandom.current().nextLong(pause.toMillis() / 5 + 1)));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }
}
