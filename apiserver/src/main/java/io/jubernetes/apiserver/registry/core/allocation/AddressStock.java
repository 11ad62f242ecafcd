package io.jubernetes.apiserver.registry.core.allocation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.ObjectStorage;
import io.jubernetes.apiserver.schema.ApiTime;
import io.jubernetes.apiserver.validation.IpAddress;
import io.jubernetes.apiserver.validation.IpRange;
import io.jubernetes.apiserver.watchcache.CachedObject;
import io.jubernetes.apiserver.watchcache.Snapshot;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.time.Deadline;
import java.io.IOException;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The addresses of services: an `IPAddress` object is an address given out, so creating one is taking it, which only
/// one of several API servers can do. The ranges are those of `ServiceCIDR` objects and of the flags. Thread-safe.
final class AddressStock {
    private static final Logger LOG = LoggerFactory.getLogger(AddressStock.class);
    private static final String DEFAULT_RANGE = "kubernetes";
    private static final int MAX_SCAN = 100_000;
    private static final String FAMILY_LABEL = "ipaddress.kubernetes.io/ip-family";
    private static final String MANAGER_LABEL = "ipaddress.kubernetes.io/managed-by";
    private static final String MANAGER = "ipallocator.k8s.io";

    private final ObjectStorage storage;
    private final ApiResource addresses;
    private final ApiResource ranges;
    private final InstantSource clock;
    private final List<IpRange> configured;

    /// @param configured the ranges of the flags
    AddressStock(
            ObjectStorage storage,
            ApiResource addresses,
            ApiResource ranges,
            List<IpRange> configured,
            InstantSource clock) {
        this.storage = storage;
        this.addresses = addresses;
        this.ranges = ranges;
        this.configured = List.copyOf(configured);
        this.clock = clock;
    }

    /// The families there are ranges of, the first of the flags first.
    List<String> families() {
        return configured.stream().map(AddressStock::family).distinct().toList();
    }

    private static String family(IpRange range) {
        return range.isIpv6() ? "IPv6" : "IPv4";
    }

    private List<IpRange> ranges(String family) {
        List<IpRange> found = new ArrayList<>(configured);
        Iterator<CachedObject> all = storage.cache(ranges).snapshot().range(ranges.keyPrefix(""), null);
        while (all.hasNext()) {
            CachedObject item = all.next();
            JsonNode object = read(item);
            if (!item.name().equals(DEFAULT_RANGE) && !Meta.isTerminating(object) && isReady(object)) {
                object.path("spec")
                        .path("cidrs")
                        .forEach(cidr -> IpRange.parse(cidr.asText()).ifPresent(found::add));
            }
        }
        found.removeIf(range -> !family(range).equals(family));
        return found;
    }

    private static boolean isReady(JsonNode range) {
        for (JsonNode condition : range.path("status").path("conditions")) {
            if (condition.path("type").asText("").equals("Ready")) {
                return condition.path("status").asText("").equals("True");
            }
        }
        return false;
    }

    private static JsonNode read(CachedObject object) {
        try {
            return Json.read(object.storedJson());
        } catch (IOException e) {
            throw ApiException.internal("unreadable object " + object.name());
        }
    }

    /// Why an address cannot be had; empty when it was taken, or could be on a dry run.
    ///
    /// @param service who takes it
    Optional<String> take(String text, ObjectNode service, boolean dryRun, Deadline deadline) {
        Optional<IpAddress> ip = IpAddress.parse(text);
        String family = ip.map(address -> address.isIpv6() ? "IPv6" : "IPv4").orElse("");
        if (ip.isEmpty() || ranges(family).stream().noneMatch(range -> isUsable(range, ip.get()))) {
            return Optional.of("the provided network does not match the current range");
        }
        String taken = "provided IP is already allocated";
        if (dryRun) {
            return storage.latest(addresses, "", ip.get().toString(), deadline).map(_ -> taken);
        }
        return claim(ip.get(), service, deadline) ? Optional.empty() : Optional.of(taken);
    }

    /// The first address of a range names the network, and with IPv4 the last one means all of it.
    private static boolean isUsable(IpRange range, IpAddress ip) {
        return range.contains(ip)
                && (range.size().bitLength() <= 2
                        || !ip.equals(range.first()) && (range.isIpv6() || !ip.equals(range.last())));
    }

    /// Takes any free address of a family; empty when there is none.
    Optional<String> takeAny(String family, ObjectNode service, boolean dryRun, Deadline deadline) {
        Snapshot known = storage.cache(addresses).snapshot();
        for (IpRange range : ranges(family)) {
            BigInteger size = range.size();
            long count = size.bitLength() > 40 ? 1L << 40 : size.longValueExact();
            long reserved = count < 64 ? 0 : Math.min(Math.max(16, count / 16), 256);
            Optional<String> found = scan(range, reserved, count - reserved, known, service, dryRun, deadline);
            if (found.isEmpty()) {
                found = scan(range, 0, reserved, known, service, dryRun, deadline);
            }
            if (found.isPresent()) {
                return found;
            }
        }
        return Optional.empty();
    }

    private Optional<String> scan(
            IpRange range,
            long from,
            long count,
            Snapshot known,
            ObjectNode service,
            boolean dryRun,
            Deadline deadline) {
        long start = count <= 0 ? 0 : ThreadLocalRandom.current().nextLong(count);
        for (long i = 0; i < Math.min(count, MAX_SCAN) && !deadline.isOver(); i++) {
            IpAddress ip = range.at(BigInteger.valueOf(from + (start + i) % count));
            if (!isUsable(range, ip)
                    || known.get(addresses.key("", ip.toString())).isPresent()) {
                continue;
            }
            if (dryRun || claim(ip, service, deadline)) {
                return Optional.of(ip.toString());
            }
        }
        return Optional.empty();
    }

    /// Gives back addresses whose Service is gone or has another, and takes those that Services have without their
    /// being taken.
    ///
    /// @param used the stored Services by their cluster addresses
    /// @param grace how old a claim must be to count as left behind; a younger one may be of a Service on its way
    void repair(Map<String, JsonNode> used, Duration grace, Deadline deadline) {
        Set<String> taken = new HashSet<>();
        Iterator<CachedObject> all = storage.cache(addresses).snapshot().range(addresses.keyPrefix(""), null);
        while (all.hasNext() && !deadline.isOver()) {
            CachedObject claim = all.next();
            JsonNode object = read(claim);
            if (isOwn(object) && !isOf(object, used.get(claim.name())) && isOlder(object, grace)) {
                LOG.info("giving back the address {}, which its Service does not have", claim.name());
                storage.delete(addresses, (ObjectNode) object, claim.revision(), deadline);
            } else {
                taken.add(claim.name());
            }
        }
        used.forEach((ip, service) -> {
            if (!taken.contains(ip)) {
                IpAddress.parse(ip).ifPresent(address -> claim(address, service, deadline));
            }
        });
    }

    private static boolean isOwn(JsonNode claim) {
        return Meta.labels(claim).getOrDefault(MANAGER_LABEL, "").equals(MANAGER);
    }

    private static boolean isOf(JsonNode claim, @Nullable JsonNode service) {
        JsonNode parent = claim.path("spec").path("parentRef");
        return service != null
                && parent.path("name").asText("").equals(Meta.name(service))
                && parent.path("namespace").asText("").equals(Meta.namespace(service));
    }

    private boolean isOlder(JsonNode claim, Duration age) {
        return Instant.parse(claim.path("metadata").path("creationTimestamp").asText())
                .plus(age)
                .isBefore(clock.instant());
    }

    private boolean claim(IpAddress ip, JsonNode service, Deadline deadline) {
        ObjectNode object = Json.object();
        object.put("kind", "IPAddress").put("apiVersion", addresses.apiVersion());
        ObjectNode meta = Meta.of(object);
        meta.put("name", ip.toString())
                .put("uid", UUID.randomUUID().toString())
                .put("creationTimestamp", ApiTime.seconds(clock.instant()));
        meta.putObject("labels")
                .put(FAMILY_LABEL, ip.isIpv6() ? "IPv6" : "IPv4")
                .put(MANAGER_LABEL, MANAGER);
        object.putObject("spec")
                .putObject("parentRef")
                .put("resource", "services")
                .put("namespace", Meta.namespace(service))
                .put("name", Meta.name(service));
        return storage.create(addresses, object, null, deadline).done();
    }

    /// Gives an address back, if it is this service's.
    void release(String text, JsonNode service, Deadline deadline) {
        Optional<IpAddress> ip = IpAddress.parse(text);
        if (ip.isEmpty()) {
            return;
        }
        storage.latest(addresses, "", ip.get().toString(), deadline).ifPresent(loaded -> {
            if (isOf(loaded.object(), service)) {
                storage.delete(addresses, loaded.object(), loaded.revision(), deadline);
            }
        });
    }
}
