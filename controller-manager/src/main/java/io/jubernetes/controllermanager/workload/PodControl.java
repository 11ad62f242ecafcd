package io.jubernetes.controllermanager.workload;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.controller.EventRecorder;
import io.jubernetes.common.controller.Failures;
import io.jubernetes.common.controller.OwnWrites;
import io.jubernetes.common.controller.RawApi;
import io.jubernetes.common.meta.ObjectKey;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;

/// Creates and deletes pods on behalf of a controller, tells about it by events of the owner, and notes
/// its own writes.
public final class PodControl {
    /// Those of names that the API server makes: without vowels, so that no words come out, and without
    /// look-alikes.
    private static final String SUFFIX_LETTERS = "bcdfghjklmnpqrstvwxz2456789";

    private static final int SUFFIX_LENGTH = 5;
    private static final int MAX_BATCH = 64;

    private final KubernetesClient client;
    private final RawApi raw;
    private final EventRecorder events;
    private final OwnWrites<Pod> writes;

    public PodControl(KubernetesClient client, RawApi raw, EventRecorder events, OwnWrites<Pod> writes) {
        this.client = client;
        this.raw = raw;
        this.events = events;
        this.writes = writes;
    }

    /// The pod a template describes, owned by `owner` and named after it by the API server.
    public static Pod fromTemplate(HasMetadata owner, PodTemplateSpec template) {
        var metadata = template.getMetadata() == null
                ? new ObjectMetaBuilder()
                : new ObjectMetaBuilder()
                        .withLabels(template.getMetadata().getLabels())
                        .withAnnotations(template.getMetadata().getAnnotations())
                        .withFinalizers(template.getMetadata().getFinalizers());
        return new PodBuilder()
                .withMetadata(metadata.withNamespace(owner.getMetadata().getNamespace())
                        .withGenerateName(namePrefix(owner))
                        .withOwnerReferences(Owners.controllerReference(owner))
                        .build())
                .withSpec(template.getSpec())
                .build();
    }

    private static String namePrefix(HasMetadata owner) {
        String prefix = owner.getMetadata().getName() + "-";
        // A name that is a valid owner's may be too long for a pod's prefix.
        return prefix.length() <= 58 ? prefix : owner.getMetadata().getName();
    }

    /// Creates one pod. Its name is chosen here, so that after an answer that was lost it can be found
    /// instead of being made a second time.
    public Pod create(HasMetadata owner, Pod pod) {
        Pod named = named(pod);
        try {
            Pod created = createOrFind(owner, named);
            writes.wrote(ObjectKey.of(owner), created);
            events.normal(
                    owner,
                    "SuccessfulCreate",
                    "Created pod: " + created.getMetadata().getName());
            return created;
        } catch (KubernetesClientException e) {
            if (!isNamespaceTerminating(e)) {
                events.warning(owner, "FailedCreate", "Error creating: " + Failures.message(e));
            }
            throw e;
        }
    }

    private static Pod named(Pod pod) {
        if (pod.getMetadata().getName() != null) {
            return pod;
        }
        var name = new StringBuilder(pod.getMetadata().getGenerateName());
        for (int i = 0; i < SUFFIX_LENGTH; i++) {
            name.append(SUFFIX_LETTERS.charAt(ThreadLocalRandom.current().nextInt(SUFFIX_LETTERS.length())));
        }
        return pod.toBuilder()
                .editMetadata()
                .withName(name.toString())
                .endMetadata()
                .build();
    }

    private Pod createOrFind(HasMetadata owner, Pod named) {
        try {
            return client.resource(named).create();
        } catch (KubernetesClientException e) {
            boolean answered = e.getCode() > 0 && e.getCode() < 500;
            if (answered) {
                throw e;
            }
            Pod there = client.resource(named).get();
            if (there == null || !Owners.isControlledBy(there, owner)) {
                throw e;
            }
            return there;
        }
    }

    /// Creates equal pods in batches that double in size while all goes well, so that a template the API
    /// server refuses costs one failed request and not hundreds.
    public void createMany(HasMetadata owner, Pod pod, int count) throws InterruptedException {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            int batch = 1;
            for (int left = count; left > 0; ) {
                int now = Math.min(batch, left);
                var calls = new ArrayList<Future<Pod>>();
                for (int i = 0; i < now; i++) {
                    calls.add(threads.submit(() -> create(owner, pod)));
                }
                await(calls);
                left -= now;
                batch = Math.min(batch * 2, MAX_BATCH);
            }
        }
    }

    /// Deletes pods, all at once.
    public void deleteMany(HasMetadata owner, List<Pod> pods) throws InterruptedException {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int from = 0; from < pods.size(); from += MAX_BATCH) {
                var calls = new ArrayList<Future<?>>();
                for (Pod pod : pods.subList(from, Math.min(pods.size(), from + MAX_BATCH))) {
                    calls.add(threads.submit(() -> delete(owner, pod)));
                }
                await(calls);
            }
        }
    }

    /// Deletes one pod; one that is gone already is fine.
    public void delete(HasMetadata owner, Pod pod) {
        String name = pod.getMetadata().getName();
        try {
            raw.delete(pod, null);
            writes.deleted(ObjectKey.of(owner), pod);
            events.normal(owner, "SuccessfulDelete", "Deleted pod: " + name);
        } catch (KubernetesClientException e) {
            if (e.getCode() == 404) {
                return;
            }
            events.warning(owner, "FailedDelete", "Error deleting: " + Failures.message(e));
            throw e;
        }
    }

    /// Whether a creation failed because the namespace is on its way out: nothing to report, nothing to
    /// retry.
    public static boolean isNamespaceTerminating(KubernetesClientException e) {
        return e.getCode() == 403
                && e.getStatus() != null
                && e.getStatus().getDetails() != null
                && e.getStatus().getDetails().getCauses().stream()
                        .anyMatch(cause -> "NamespaceTerminating".equals(cause.getReason()));
    }

    private static void await(List<? extends Future<?>> calls) throws InterruptedException {
        RuntimeException failure = null;
        for (Future<?> call : calls) {
            try {
                call.get();
            } catch (ExecutionException e) {
                failure = e.getCause() instanceof RuntimeException known
                        ? known
                        : new IllegalStateException(e.getCause());
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
