package io.jubernetes.kubelet;

import io.fabric8.kubernetes.api.model.Pod;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.kubelet.config.KubeletSettings;
import io.jubernetes.kubelet.config.NodePolicies;
import io.jubernetes.kubelet.pod.PodWorkers;
import io.jubernetes.kubelet.source.ApiPodSource;
import io.jubernetes.kubelet.source.FilePodSource;
import io.jubernetes.kubelet.source.MirrorPods;
import io.jubernetes.kubelet.source.PodSink;
import io.jubernetes.kubelet.source.StaticPods;
import io.jubernetes.kubelet.source.UrlPodSource;
import java.time.Clock;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// All sources of pods, and the way from them to the workers: pods of the API server are run, but for those
/// that only show static ones; static pods are run and shown.
final class PodSources implements AutoCloseable {
    private final ApiPodSource api;
    private final Optional<FilePodSource> files;
    private final Optional<UrlPodSource> url;
    private final MirrorPods mirrors;

    PodSources(KubeletSettings settings, Informed<Pod> pods, PodWorkers workers, MirrorPods mirrors, Clock clock) {
        this.mirrors = mirrors;
        this.api = new ApiPodSource(pods, new ApiSink(workers, mirrors));
        NodePolicies.Manifests manifests = settings.policies().manifests();
        this.files = settings.staticPods()
                .map(path -> new FilePodSource(
                        path, settings.nodeName(), new StaticSink(workers, mirrors), manifests.fileInterval(), clock));
        this.url = manifests
                .url()
                .map(_ -> new UrlPodSource(manifests, settings.nodeName(), new StaticSink(workers, mirrors), clock));
    }

    /// Starts what needs no API server.
    void startStatic() {
        files.ifPresent(FilePodSource::start);
        url.ifPresent(UrlPodSource::start);
    }

    /// Starts the rest; the API server's pods must have been read.
    void startApi() {
        api.start();
        mirrors.start();
    }

    /// The uids of all pods of all sources.
    Set<String> uids() throws InterruptedException {
        var all = new HashSet<>(api.uids());
        if (files.isPresent()) {
            all.addAll(files.get().uids());
        }
        if (url.isPresent()) {
            all.addAll(url.get().uids());
        }
        return all;
    }

    @Override
    public void close() {
        api.close();
        files.ifPresent(FilePodSource::close);
        url.ifPresent(UrlPodSource::close);
    }

    private static final class ApiSink implements PodSink {
        private final PodWorkers workers;
        private final MirrorPods mirrors;
        private final Map<String, Pod> shown = new ConcurrentHashMap<>();

        ApiSink(PodWorkers workers, MirrorPods mirrors) {
            this.workers = workers;
            this.mirrors = mirrors;
        }

        @Override
        public void set(Pod pod) {
            if (StaticPods.isMirror(pod)) {
                shown.put(pod.getMetadata().getUid(), pod);
                mirrors.observe(pod, true);
            } else {
                workers.set(pod);
            }
        }

        @Override
        public void remove(String uid) {
            Pod mirror = shown.remove(uid);
            if (mirror != null) {
                mirrors.observe(mirror, false);
            } else {
                workers.remove(uid);
            }
        }
    }

    private record StaticSink(PodWorkers workers, MirrorPods mirrors) implements PodSink {
        @Override
        public void set(Pod pod) {
            mirrors.add(pod);
            workers.set(pod);
        }

        @Override
        public void remove(String uid) {
            mirrors.remove(uid);
            workers.remove(uid);
        }
    }
}
