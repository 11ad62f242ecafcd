package io.jubernetes.apiserver.admission.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionPlugin;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.admission.Reinvocation;
import io.jubernetes.apiserver.admission.match.Matching;
import io.jubernetes.apiserver.admission.match.Patched;
import io.jubernetes.apiserver.admission.match.Requests;
import io.jubernetes.apiserver.admission.webhook.Review.Answer;
import io.jubernetes.apiserver.authz.Authorizer;
import io.jubernetes.apiserver.patch.JsonPatch;
import io.jubernetes.apiserver.patch.PatchException;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.ObjectStorage;
import io.jubernetes.apiserver.resource.ResourceCatalog;
import io.jubernetes.apiserver.webhook.WebhookClient;
import io.jubernetes.common.codec.Json;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/// Lets mutating webhooks change the objects of requests, one after the other: each sees what those
/// before it have made of the object.
public final class MutatingWebhooks implements AdmissionPlugin {
    private static final String NAME = "MutatingAdmissionWebhook";

    private final HookCaller caller;

    public MutatingWebhooks(
            ResourceCatalog catalog,
            ObjectStorage storage,
            Matching matching,
            Authorizer authorizer,
            WebhookClient client,
            MeterRegistry registry) {
        caller = new HookCaller(catalog, storage, matching, authorizer, client, registry, true);
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public void mutate(AdmissionRequest request) {
        List<Hook> hooks = caller.of(request);
        if (hooks.isEmpty()) {
            return;
        }
        Reinvocation rounds = request.reinvocation();
        Reinvocation.Track track = rounds.track(NAME);
        if (rounds.isAgain() && track.isChanged(request.object())) {
            track.changed();
        }
        for (int index = 0; index < hooks.size(); index++) {
            Hook hook = hooks.get(index);
            Optional<ApiResource> seenAs = caller.wanted(hook, request);
            // A webhook that was not asked in the first round is not asked in the second.
            if (seenAs.isEmpty() || rounds.isAgain() && !track.isDue(hook.id())) {
                continue;
            }
            boolean changed = invoke(request, hook, seenAs.get(), index);
            if (changed) {
                track.changed();
                rounds.want();
            }
            if (hook.again()) {
                track.called(hook.id());
            }
        }
        track.leave(request.object());
    }

    private boolean invoke(AdmissionRequest request, Hook hook, ApiResource seenAs, int index) {
        String place = "round_" + (request.reinvocation().isAgain() ? 1 : 0) + "_index_" + index;
        return switch (caller.call(hook, request, seenAs)) {
            case HookCaller.Refused(var refusal) -> throw refusal;
            case HookCaller.Ignored _ -> {
                request.context().annotate("failed-open.mutation.webhook.admission.k8s.io/" + place, hook.name());
                yield false;
            }
            case HookCaller.Passed(var answer) -> {
                HookCaller.handOn(hook, request, answer);
                boolean changed = change(request, hook, seenAs, answer);
                ObjectNode note = Json.object()
                        .put("configuration", hook.configuration())
                        .put("webhook", hook.name())
                        .put("mutated", changed);
                request.context().annotate("mutation.webhook.admission.k8s.io/" + place, note.toString());
                yield changed;
            }
        };
    }

    private static boolean change(AdmissionRequest request, Hook hook, ApiResource seenAs, Answer answer) {
        if (answer.patch().length == 0) {
            return false;
        }
        ArrayNode operations = operations(answer.patch());
        if (operations.isEmpty()) {
            return false;
        }
        ObjectNode object = Requests.seenAs(request, seenAs, request.object());
        if (object == null) {
            throw ApiException.internal("admission webhook " + Json.text(hook.name())
                    + " attempted to modify the object, which is not supported for this operation");
        }
        if (!answer.patchType().equals("JSONPatch")) {
            throw ApiException.internal("failed calling webhook " + Json.text(hook.name()) + ": unsupported patch type "
                    + Json.text(answer.patchType()));
        }
        JsonNode patched;
        try {
            patched = JsonPatch.apply(object, operations);
        } catch (PatchException e) {
            throw ApiException.internal(String.valueOf(e.getMessage()));
        }
        if (!(patched instanceof ObjectNode whole)) {
            throw ApiException.internal("the patched value is not an object");
        }
        ObjectNode before = object.deepCopy();
        ObjectNode after = Patched.decoded(request, seenAs, whole, false);
        Requests.replace(request, after);
        return !before.equals(after);
    }

    private static ArrayNode operations(byte[] patch) {
        try {
            if (Json.read(patch) instanceof ArrayNode operations && operations.size() <= JsonPatch.MAX_OPERATIONS) {
                return operations;
            }
        } catch (IOException e) {
            throw ApiException.internal("the patch of a webhook is no JSON: " + e.getMessage());
        }
        throw ApiException.internal(
                "the patch of a webhook is no list of at most " + JsonPatch.MAX_OPERATIONS + " operations");
    }
}
