package io.jubernetes.kubelet;

import io.fabric8.kubernetes.api.model.Pod;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.kubelet.cluster.PodEvents;
import io.jubernetes.kubelet.config.KubeletSettings;
import io.jubernetes.kubelet.config.NodePolicies;
import io.jubernetes.kubelet.pod.PodWorkers;
import io.jubernetes.kubelet.source.ApiPodSource;
import io.jubernetes.kubelet.source.EtcdPodSource;
import io.jubernetes.kubelet.source.FilePodSource;
import io.jubernetes.kubelet.source.MirrorPods;
import io.jubernetes.kubelet.source.PodSink;
import io.jubernetes.kubelet.source.PushedPodSource;
import io.jubernetes.kubelet.source.StaticPodTurns;
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
    private final Optional<EtcdPodSource> etcd;
    private final PushedPodSource pushed;
    private final MirrorPods mirrors;

    PodSources(
            KubeletSettings settings,
            Informed<Pod> pods,
            PodWorkers workers,
            MirrorPods mirrors,
            PodEvents events,
            Clock clock) {
        this.mirrors = mirrors;
        var turns = new StaticPodTurns(new StaticSink(workers, mirrors), events);
        workers.onEnd(turns::ended);
        this.api = new ApiPodSource(pods, new ApiSink(workers, mirrors));
        NodePolicies.Manifests manifests = settings.policies().manifests();
        this.files = settings.staticPods()
                .map(path -> new FilePodSource(path, settings.nodeName(), turns, manifests.fileInterval(), clock));
        this.url = manifests.url().map(_ -> new UrlPodSource(manifests, settings.nodeName(), turns, clock));
        this.etcd = manifests.etcd().map(key -> new EtcdPodSource(key, settings.nodeName(), turns, clock));
        this.pushed = new PushedPodSource(
                settings.rootDirectory().resolve("pushed-manifest.yaml"), settings.nodeName(), turns, clock);
    }

    /// Starts what needs no API server.
    void startStatic() {
        files.ifPresent(FilePodSource::start);
        url.ifPresent(UrlPodSource::start);
        etcd.ifPresent(EtcdPodSource::start);
        pushed.start();
    }

    /// The source that takes manifests over the kubelet's server.
    PushedPodSource pushed() {
        return pushed;
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
        if (etcd.isPresent()) {
            all.addAll(etcd.get().uids());
        }
        all.addAll(pushed.uids());
        return all;
    }

    @Override
    public void close() {
        api.close();
        files.ifPresent(FilePodSource::close);
        url.ifPresent(UrlPodSource::close);
        etcd.ifPresent(EtcdPodSource::close);
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
