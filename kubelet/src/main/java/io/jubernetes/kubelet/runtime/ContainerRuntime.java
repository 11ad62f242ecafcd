package io.jubernetes.kubelet.runtime;

import io.jubernetes.common.time.Deadline;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// Runs pods' sandboxes and containers on this node. One instance sees only what the same node of the same
/// cluster made, so several kubelets can share one engine. All calls block, may come from any thread, and
/// throw [RuntimeFailure] when the engine refuses or cannot be reached. Containers are never restarted in
/// place: a restart is a new container.
public interface ContainerRuntime extends AutoCloseable {
    /// What engine this is.
    RuntimeVersion version() throws RuntimeFailure;

    /// The node's pod network.
    PodNetwork network();

    /// All sandboxes and containers of this node, dead ones too; one cheap call.
    List<ListedContainer> list() throws RuntimeFailure;

    /// Everything about one sandbox or container.
    ///
    /// @throws RuntimeFailure.NotFound when it is gone
    ContainerInfo inspect(String id) throws RuntimeFailure;

    /// Creates and starts a sandbox and returns its state with the address it got.
    ContainerInfo runSandbox(SandboxSpec spec) throws RuntimeFailure;

    /// Creates a container in a running sandbox, and returns its id; it does not run yet.
    String createContainer(ContainerSpec spec) throws RuntimeFailure;

    /// Starts a created container. After a failure the container still exists and says why.
    void startContainer(String id) throws RuntimeFailure;

    /// Changes what a running container may use.
    void updateContainer(String id, ContainerSpec.Limits limits) throws RuntimeFailure;

    /// Asks the container's first process to end, and kills it after `grace`. Returns when it has ended.
    /// Stopping what has ended or is gone does nothing.
    void stopContainer(String id, Duration grace) throws RuntimeFailure;

    /// Kills at once; ended or gone containers are no error.
    void killContainer(String id) throws RuntimeFailure;

    /// Removes an ended or created container and its log; removing what is gone does nothing.
    void removeContainer(String id) throws RuntimeFailure;

    /// The image a reference stands for; empty when it is not on this node.
    Optional<ImageInfo> image(String reference) throws RuntimeFailure;

    /// The directories of this machine that hold an image's layers, the uppermost first; none when the engine keeps
    /// them in another way.
    List<Path> layers(String imageId) throws RuntimeFailure;

    /// All images on this node.
    List<ImageInfo> images() throws RuntimeFailure;

    /// Fetches an image.
    ///
    /// @param auth user and password for the registry; empty for none
    /// @throws RuntimeFailure.Refused with the registry's words when it cannot be fetched
    ImageInfo pull(String reference, Optional<RegistryAuth> auth, Deadline deadline) throws RuntimeFailure;

    void removeImage(String id) throws RuntimeFailure;

    /// Runs a command in a container and waits for its end.
    ///
    /// @throws RuntimeFailure.TimedOut when it has not ended by the deadline
    ExecResult execSync(String id, List<String> command, Deadline deadline) throws RuntimeFailure;

    /// Starts a command in a container with streams.
    StreamSession exec(String id, List<String> command, StreamOptions options) throws RuntimeFailure, IOException;

    /// Joins the streams of the container's first process.
    StreamSession attach(String id, StreamOptions options) throws RuntimeFailure, IOException;

    /// The container's output so far, and what follows when asked.
    StreamSession logs(String id, LogOptions options) throws RuntimeFailure, IOException;

    /// Current use of resources of a running container; empty when it does not run.
    Optional<ContainerUsage> usage(String id) throws RuntimeFailure;

    /// How much a container has written beside its volumes.
    long writableBytes(String id) throws RuntimeFailure;

    /// Tells `listener` about every later change of this node's containers until the runtime is closed.
    void watch(RuntimeListener listener);

    @Override
    void close();
}
