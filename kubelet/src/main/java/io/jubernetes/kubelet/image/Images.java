package io.jubernetes.kubelet.image;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.LocalObjectReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.jubernetes.common.time.Deadline;
import io.jubernetes.kubelet.cluster.ClusterFailure;
import io.jubernetes.kubelet.cluster.ClusterObjects;
import io.jubernetes.kubelet.cluster.PodEvents;
import io.jubernetes.kubelet.cluster.PodEvents.Type;
import io.jubernetes.kubelet.container.Backoff;
import io.jubernetes.kubelet.container.StartFailure;
import io.jubernetes.kubelet.runtime.ContainerRuntime;
import io.jubernetes.kubelet.runtime.ImageInfo;
import io.jubernetes.kubelet.runtime.RegistryAuth;
import io.jubernetes.kubelet.runtime.RuntimeFailure;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/// Sees to it that a container's image is on the node, as its pull policy says. Thread-safe.
public final class Images {
    private static final Duration PULL_LIMIT = Duration.ofMinutes(30);

    private final ContainerRuntime runtime;
    private final ClusterObjects objects;
    private final PodEvents events;
    private final CredentialProviders providers;
    private final Backoff backoff;
    private final Clock clock;
    private final Semaphore pulls;
    private final Map<String, String> lastErrors = new ConcurrentHashMap<>();

    /// @param providers programs that know credentials
    /// @param parallel how many images are fetched at once
    public Images(
            ContainerRuntime runtime,
            ClusterObjects objects,
            PodEvents events,
            CredentialProviders providers,
            int parallel,
            Clock clock) {
        this.runtime = runtime;
        this.objects = objects;
        this.events = events;
        this.providers = providers;
        this.clock = clock;
        this.pulls = new Semaphore(parallel, true);
        this.backoff = Backoff.standard(clock);
    }

    /// Finds or fetches a container's image.
    ///
    /// @param fieldPath of the container, for events
    /// @throws StartFailure when it is not to be had now
    public ImageInfo ensure(Pod pod, Container container, String fieldPath) throws StartFailure, RuntimeFailure {
        return ensure(pod, container.getImage(), container.getImagePullPolicy(), fieldPath);
    }

    /// Finds or fetches an image.
    ///
    /// @param wanted its reference
    /// @param pullPolicy null for the usual one
    /// @param fieldPath of the container that needs it, for events
    /// @throws StartFailure when it is not to be had now
    public ImageInfo ensure(Pod pod, @Nullable String wanted, @Nullable String pullPolicy, String fieldPath)
            throws StartFailure, RuntimeFailure {
        String image = wanted == null ? "" : wanted;
        Optional<String> complaint = ImageReference.complaint(image);
        if (complaint.isPresent()) {
            String message = "Failed to apply default image tag \"" + image + "\": couldn't parse image name \"" + image
                    + "\": " + complaint.get();
            events.event(pod, fieldPath, Type.WARNING, "InspectFailed", message);
            throw new StartFailure("InvalidImageName", message);
        }
        String policy = policy(pullPolicy, image);
        if (!policy.equals("Always")) {
            Optional<ImageInfo> present = runtime.image(image);
            if (present.isPresent()) {
                events.event(
                        pod,
                        fieldPath,
                        Type.NORMAL,
                        "Pulled",
                        "Container image \"" + image + "\" already present on machine and can be accessed by the pod");
                return present.get();
            }
            if (policy.equals("Never")) {
                String message = "Container image \"" + image + "\" is not present with pull policy of Never";
                events.event(pod, fieldPath, Type.WARNING, "ErrImageNeverPull", message);
                throw new StartFailure("ErrImageNeverPull", message);
            }
        }
        return pull(pod, image, fieldPath);
    }

    private static String policy(@Nullable String policy, String image) {
        if (policy != null && !policy.isEmpty()) {
            return policy;
        }
        return ImageReference.isLatest(image) ? "Always" : "IfNotPresent";
    }

    private ImageInfo pull(Pod pod, String image, String fieldPath) throws StartFailure {
        String key = pod.getMetadata().getUid() + "_" + image;
        if (backoff.isWaiting(key)) {
            String message = "Back-off pulling image \"" + image + "\"";
            events.event(pod, fieldPath, Type.NORMAL, "BackOff", message);
            String last = lastErrors.get(key);
            throw new StartFailure("ImagePullBackOff", last == null ? message : message + ": ErrImagePull: " + last);
        }
        events.event(pod, fieldPath, Type.NORMAL, "Pulling", "Pulling image \"" + image + "\"");
        long start = clock.millis();
        try {
            pulls.acquire();
            long begun = clock.millis();
            ImageInfo info;
            try {
                info = pull(pod, image);
            } finally {
                pulls.release();
            }
            backoff.forget(key);
            lastErrors.remove(key);
            events.event(
                    pod,
                    fieldPath,
                    Type.NORMAL,
                    "Pulled",
                    "Successfully pulled image \"%s\" in %s (%s including waiting). Image size: %d bytes."
                            .formatted(
                                    image,
                                    seconds(clock.millis() - begun),
                                    seconds(clock.millis() - start),
                                    info.size()));
            return info;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StartFailure("ErrImagePull", "interrupted");
        } catch (RuntimeFailure e) {
            backoff.next(key, clock.instant());
            lastErrors.put(key, e.getMessage());
            events.event(
                    pod,
                    fieldPath,
                    Type.WARNING,
                    "Failed",
                    "Failed to pull image \"" + image + "\": " + e.getMessage());
            throw new StartFailure("ErrImagePull", e.getMessage());
        }
    }

    private static String seconds(long millis) {
        return millis < 1000 ? millis + "ms" : "%d.%03ds".formatted(millis / 1000, millis % 1000);
    }

    /// Tries every credential that fits the registry, or none when there is none.
    private ImageInfo pull(Pod pod, String image) throws RuntimeFailure {
        List<Optional<RegistryAuth>> tries = credentials(pod, image);
        if (tries.isEmpty()) {
            tries = List.of(Optional.empty());
        }
        Deadline deadline = Deadline.in(PULL_LIMIT);
        RuntimeFailure last = new RuntimeFailure.Refused("nothing was tried", null);
        for (Optional<RegistryAuth> auth : tries) {
            try {
                return runtime.pull(image, auth, deadline);
            } catch (RuntimeFailure e) {
                last = e;
            }
        }
        throw last;
    }

    private List<Optional<RegistryAuth>> credentials(Pod pod, String image) {
        var result = new ArrayList<Optional<RegistryAuth>>();
        for (LocalObjectReference reference : pod.getSpec().getImagePullSecrets()) {
            try {
                objects.secret(pod.getMetadata().getNamespace(), reference.getName())
                        .ifPresent(secret ->
                                PullSecrets.matching(secret, image).forEach(auth -> result.add(Optional.of(auth))));
            } catch (ClusterFailure e) {
                // Without the secret the pull may still work; if not, its own error says more.
            }
        }
        providers.matching(image).forEach(auth -> result.add(Optional.of(auth)));
        return result;
    }

    /// Forgets what is remembered of a pod's failed pulls.
    public void forget(String podUid) {
        backoff.forgetPrefix(podUid + "_");
        lastErrors.keySet().removeIf(key -> key.startsWith(podUid + "_"));
    }
}
