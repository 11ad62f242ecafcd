package io.jubernetes.controllermanager.quota;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.fabric8.kubernetes.api.model.ResourceQuotaStatus;
import io.fabric8.kubernetes.api.model.ResourceQuotaStatusBuilder;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.jubernetes.common.controller.ControllerRunner;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.controller.KeyedReconciler.Result;
import io.jubernetes.common.controller.WorkQueue;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.common.meta.Quantity;
import io.jubernetes.controllermanager.Controller;
import io.jubernetes.controllermanager.ControllerContext;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;

/// Keeps the status of resource quotas true: after every change of what they count, and from time to time anew.
public final class ResourceQuotaController implements Controller {
    private static final Duration FULL_SYNC = Duration.ofMinutes(5);
    private static final Duration NOT_LISTED = Duration.ofMillis(200);
    private static final Duration NOT_SERVED = Duration.ofSeconds(15);
    /// Changes come in crowds, and counting once for all of them is enough.
    private static final Duration GATHER = Duration.ofMillis(100);

    private final ControllerContext context;
    private final Informed<ResourceQuota> quotas;
    private final Informed<Pod> pods;
    private final Informed<Service> services;
    private final Informed<PersistentVolumeClaim> claims;
    private final Informed<ResourceClaim> deviceClaims;
    private final WorkQueue<ObjectKey> queue;
    private final ObjectCounts counts;
    private final ControllerRunner<ObjectKey> runner;

    private ResourceQuotaController(String name, ControllerContext context) {
        this.context = context;
        this.quotas = context.informers().of(ResourceQuota.class);
        this.pods = context.informers().of(Pod.class);
        this.services = context.informers().of(Service.class);
        this.claims = context.informers().of(PersistentVolumeClaim.class);
        this.deviceClaims = context.informers().of(ResourceClaim.class);
        this.queue = context.queue(name);
        this.counts = new ObjectCounts(context, this::wakeQuotasOf);
        quotas.listen((_, after) -> {
            if (after != null) {
                queue.add(ObjectKey.of(after));
            }
        });
        wakeBy(pods);
        wakeBy(services);
        wakeBy(claims);
        wakeBy(deviceClaims);
        this.runner = context.runner(name, queue, (key, _) -> reconcile(key));
    }

    public static Controller create(String name, ControllerContext context) {
        return new ResourceQuotaController(name, context);
    }

    private <T extends HasMetadata> void wakeBy(Informed<T> cache) {
        cache.listenAny(object -> wakeQuotasOf(object.getMetadata().getNamespace()));
    }

    private void wakeQuotasOf(String namespace) {
        quotas.inNamespace(namespace).forEach(quota -> queue.addAfter(ObjectKey.of(quota), GATHER));
    }

    @Override
    public void start() {
        runner.start();
    }

    @Override
    public void close() {
        runner.close();
        counts.close();
    }

    private Result reconcile(ObjectKey key) {
        ResourceQuota quota = quotas.find(key).orElse(null);
        if (quota == null) {
            return Result.done();
        }
        boolean waiting = false;
        boolean unserved = false;
        var numbers = new LinkedHashMap<String, OptionalLong>();
        var hard = quota.getSpec().getHard();
        for (String limit : hard == null ? java.util.Set.<String>of() : hard.keySet()) {
            var counted = QuotaUsage.counted(limit);
            if (counted.isPresent()) {
                ObjectCounts.Count count = counts.count(counted.get(), key.namespace());
                waiting |= count instanceof ObjectCounts.Count.NotYet;
                unserved |= count instanceof ObjectCounts.Count.NotServed;
                numbers.put(counted.get(), count.number());
            }
        }
        if (waiting) {
            return Result.again(NOT_LISTED);
        }
        Map<String, Quantity> used = QuotaUsage.of(
                quota.getSpec(),
                new QuotaUsage.Contents(
                        pods.inNamespace(key.namespace()),
                        services.inNamespace(key.namespace()),
                        claims.inNamespace(key.namespace()),
                        deviceClaims.inNamespace(key.namespace()),
                        name -> numbers.getOrDefault(name, OptionalLong.empty())),
                context.clock().instant());
        write(quota, used);
        return Result.again(unserved ? NOT_SERVED : FULL_SYNC);
    }

    private void write(ResourceQuota quota, Map<String, Quantity> used) {
        ResourceQuotaStatus old = quota.getStatus() == null ? new ResourceQuotaStatus() : quota.getStatus();
        var shown = new LinkedHashMap<String, io.fabric8.kubernetes.api.model.Quantity>();
        used.forEach(
                (name, amount) -> shown.put(name, io.fabric8.kubernetes.api.model.Quantity.parse(amount.toString())));
        if (same(shown, old.getUsed()) && same(quota.getSpec().getHard(), old.getHard())) {
            return;
        }
        var status = new ResourceQuotaStatusBuilder()
                .withHard(quota.getSpec().getHard())
                .withUsed(shown)
                .build();
        context.client()
                .resource(quota.toBuilder().withStatus(status).build())
                .subresource("status")
                .update();
    }

    private static boolean same(
            @org.jspecify.annotations.Nullable Map<String, io.fabric8.kubernetes.api.model.Quantity> a,
            @org.jspecify.annotations.Nullable Map<String, io.fabric8.kubernetes.api.model.Quantity> b) {
        return (a == null ? Map.of() : a).equals(b == null ? Map.of() : b);
    }
}
