package io.jubernetes.kubelet.runtime;

import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A sandbox or container as the runtime knows it.
///
/// @param id the runtime's id, without a scheme
/// @param sandbox whether this is a pod's sandbox
/// @param pod whose it is
/// @param name the container's name in the pod; `POD` for the sandbox
/// @param attempt how many of this name were before: the restart count
/// @param hash of the container's definition it was made from
/// @param image the reference it was made from, as the pod's spec says
/// @param imageId the image's id or digest
/// @param createdAt when it was made
/// @param startedAt null before it ran
/// @param finishedAt null while it has not ended
/// @param exitCode of its first process; 0 while it has not ended
/// @param oomKilled whether the kernel ended it for want of memory
/// @param error the engine's words when it could not be started; empty when it could
/// @param ip a sandbox's address; null on the host's network or when it does not run
/// @param hostNetwork a sandbox on the host's network
/// @param tty whether its output is one unframed stream
/// @param terminationMessageFile the file on this machine for the container's last words
/// @param fallBackToLogs whether the end of its log serves when there are no last words
/// @param limits what it may use now
/// @param pid the first process's id on this machine, 0 when it does not run
public record ContainerInfo(
        String id,
        boolean sandbox,
        PodRef pod,
        String name,
        int attempt,
        String hash,
        String image,
        String imageId,
        ContainerPhase phase,
        Instant createdAt,
        @Nullable Instant startedAt,
        @Nullable Instant finishedAt,
        int exitCode,
        boolean oomKilled,
        String error,
        @Nullable String ip,
        boolean hostNetwork,
        boolean tty,
        Optional<String> terminationMessageFile,
        boolean fallBackToLogs,
        long pid,
        ContainerSpec.Limits limits) {

    public boolean running() {
        return phase == ContainerPhase.RUNNING;
    }

    public boolean exited() {
        return phase == ContainerPhase.EXITED;
    }
}
