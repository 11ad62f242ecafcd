package io.jubernetes.controllermanager.serviceaccount;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.controller.KeyedReconciler.Result;
import io.jubernetes.common.controller.RawApi;
import io.jubernetes.common.controller.WorkQueue;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.controllermanager.Controller;
import io.jubernetes.controllermanager.ControllerContext;
import io.jubernetes.controllermanager.workload.Labels;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/// Token secrets that were once made for every service account and that nobody has used for long: first
/// they are marked, by which the API server takes them no more, and later deleted. Those made by hand are
/// left alone.
public final class LegacyTokenCleanerController {
    static final String LAST_USED = "kubernetes.io/legacy-token-last-used";
    static final String INVALID_SINCE = "kubernetes.io/legacy-token-invalid-since";

    private static final String TYPE = "kubernetes.io/service-account-token";
    private static final String TRACKING = "kube-apiserver-legacy-service-account-token-tracking";
    private static final Duration PERIOD = Duration.ofHours(24);

    /// What is to be done with a token.
    enum Step {
        KEEP,
        MARK,
        DELETE
    }

    private final ControllerContext context;
    private final Informed<Secret> secrets;
    private final Informed<ServiceAccount> accounts;
    private final Informed<Pod> pods;

    private LegacyTokenCleanerController(ControllerContext context) {
        this.context = context;
        this.secrets = context.informers()
                .of(
                        Secret.class,
                        "account tokens",
                        client -> client.secrets().inAnyNamespace().withField("type", TYPE));
        this.accounts = context.informers().of(ServiceAccount.class);
        this.pods = context.informers().of(Pod.class);
    }

    public static Controller create(String name, ControllerContext context) {
        var controller = new LegacyTokenCleanerController(context);
        WorkQueue<String> queue = context.queue(name);
        queue.add("all");
        return Controller.of(context.runner(name, queue, (_, _) -> controller.clean(), 1));
    }

    /// @param trackedSince since when the API server notes the use of such tokens
    static Step step(Secret secret, LocalDate trackedSince, LocalDate today, Duration period) {
        long days = period.toDays();
        Optional<LocalDate> used = date(Labels.of(secret).get(LAST_USED));
        Optional<LocalDate> created = Optional.ofNullable(secret.getMetadata().getCreationTimestamp())
                .flatMap(text -> date(text.substring(0, Math.min(10, text.length()))));
        LocalDate unusedSince = used.orElse(trackedSince);
        boolean isOld = created.isEmpty() || !created.get().plusDays(days).isAfter(today);
        if (unusedSince.plusDays(days).isAfter(today) || !isOld) {
            return Step.KEEP;
        }
        Optional<LocalDate> invalid = date(Labels.of(secret).get(INVALID_SINCE));
        if (invalid.isEmpty()) {
            return Step.MARK;
        }
        return invalid.get().plusDays(days).isAfter(today) ? Step.KEEP : Step.DELETE;
    }

    private static Optional<LocalDate> date(@org.jspecify.annotations.Nullable String text) {
        try {
            return text == null ? Optional.empty() : Optional.of(LocalDate.parse(text));
        } catch (DateTimeParseException e) {
            return Optional.empty();
        }
    }

    private Result clean() {
        if (secrets.all().isEmpty()) {
            return Result.again(PERIOD);
        }
        var tracking = context.client()
                .configMaps()
                .inNamespace("kube-system")
                .withName(TRACKING)
                .get();
        Optional<LocalDate> since = tracking == null || tracking.getData() == null
                ? Optional.empty()
                : date(tracking.getData().get("since"));
        if (since.isEmpty()) {
            // What is not tracked cannot be known to be unused.
            return Result.again(PERIOD);
        }
        Instant now = context.clock().instant();
        Set<ObjectKey> mounted = mounted();
        for (Secret secret : secrets.all()) {
            if (isAutomatic(secret) && !mounted.contains(ObjectKey.of(secret))) {
                carryOut(
                        secret,
                        step(
                                secret,
                                since.get(),
                                now.atZone(ZoneOffset.UTC).toLocalDate(),
                                context.settings().legacyTokenPeriod()),
                        now);
            }
        }
        return Result.again(PERIOD);
    }

    /// Whether it is one of those its account lists: those were made by the controller of earlier versions.
    private boolean isAutomatic(Secret secret) {
        return Labels.annotation(secret, "kubernetes.io/service-account.name")
                .flatMap(account ->
                        accounts.find(new ObjectKey(secret.getMetadata().getNamespace(), account)))
                .filter(account -> account.getSecrets().stream()
                        .anyMatch(each -> secret.getMetadata().getName().equals(each.getName())))
                .isPresent();
    }

    private Set<ObjectKey> mounted() {
        var used = new HashSet<ObjectKey>();
        for (Pod pod : pods.all()) {
            pod.getSpec().getVolumes().stream()
                    .filter(volume -> volume.getSecret() != null)
                    .forEach(volume -> used.add(ObjectKey.of(
                            pod.getMetadata().getNamespace(), volume.getSecret().getSecretName())));
        }
        return used;
    }

    private void carryOut(Secret secret, Step step, Instant now) {
        try {
            switch (step) {
                case KEEP -> {}
                case MARK -> {
                    var change = Json.object();
                    change.putObject("metadata")
                            .put("uid", secret.getMetadata().getUid())
                            .put("resourceVersion", secret.getMetadata().getResourceVersion())
                            .putObject("labels")
                            .put(
                                    INVALID_SINCE,
                                    now.atZone(ZoneOffset.UTC).toLocalDate().toString());
                    context.raw().patch(RawApi.path(secret), RawApi.MERGE_PATCH, change);
                }
                case DELETE -> context.raw().delete(secret, null);
            }
        } catch (KubernetesClientException e) {
            if (e.getCode() != 404) {
                throw e;
            }
        }
    }
}
