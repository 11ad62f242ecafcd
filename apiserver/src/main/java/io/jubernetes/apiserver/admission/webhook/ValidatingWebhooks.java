package io.jubernetes.apiserver.admission.webhook;

import io.jubernetes.apiserver.admission.AdmissionPlugin;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.admission.match.Matching;
import io.jubernetes.apiserver.admission.webhook.HookCaller.Outcome;
import io.jubernetes.apiserver.authz.Authorizer;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.ObjectStorage;
import io.jubernetes.apiserver.resource.ResourceCatalog;
import io.jubernetes.apiserver.webhook.WebhookClient;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/// Asks validating webhooks, all at the same time; one that says no is enough.
public final class ValidatingWebhooks implements AdmissionPlugin {
    private final HookCaller caller;

    public ValidatingWebhooks(
            ResourceCatalog catalog,
            ObjectStorage storage,
            Matching matching,
            Authorizer authorizer,
            WebhookClient client,
            MeterRegistry registry) {
        caller = new HookCaller(catalog, storage, matching, authorizer, client, registry, false);
    }

    @Override
    public String name() {
        return "ValidatingAdmissionWebhook";
    }

    private record Invocation(int index, Hook hook, ApiResource seenAs) {}

    @Override
    public void validate(AdmissionRequest request) {
        List<Invocation> invocations = new ArrayList<>();
        for (Hook hook : caller.of(request)) {
            caller.wanted(hook, request)
                    .ifPresent(seenAs -> invocations.add(new Invocation(invocations.size(), hook, seenAs)));
        }
        if (invocations.isEmpty()) {
            return;
        }
        List<Outcome> outcomes = call(request, invocations);
        ApiException refusal = null;
        for (Invocation invocation : invocations) {
            Hook hook = invocation.hook();
            switch (outcomes.get(invocation.index())) {
                case HookCaller.Passed(var answer) -> HookCaller.handOn(hook, request, answer);
                case HookCaller.Refused(var why) -> refusal = refusal == null ? why : refusal;
                case HookCaller.Ignored _ ->
                    request.context()
                            .annotate(
                                    "failed-open.validating.webhook.admission.k8s.io/round_0_index_"
                                            + invocation.index(),
                                    hook.name());
            }
        }
        if (refusal != null) {
            throw refusal;
        }
    }

    private List<Outcome> call(AdmissionRequest request, List<Invocation> invocations) {
        if (invocations.size() == 1) {
            Invocation only = invocations.getFirst();
            return List.of(caller.call(only.hook(), request, only.seenAs()));
        }
        List<Outcome> outcomes = new ArrayList<>();
        try (ExecutorService threads = Executors.newThreadPerTaskExecutor(
                Thread.ofVirtual().name("webhook-", 0).factory())) {
            List<Future<Outcome>> calls = invocations.stream()
                    .map(invocation ->
                            threads.submit(() -> caller.call(invocation.hook(), request, invocation.seenAs())))
                    .toList();
            // Every call ends by its own deadline.
            for (Future<Outcome> call : calls) {
                outcomes.add(call.get());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw ApiException.internal("interrupted while webhooks were called");
        } catch (ExecutionException e) {
            throw e.getCause() instanceof ApiException refusal
                    ? refusal
                    : new IllegalStateException("calling a webhook failed", e.getCause());
        }
        return outcomes;
    }
}
