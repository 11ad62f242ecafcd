package io.jubernetes.scheduler.plugins.dynamicresources;

import io.fabric8.kubernetes.api.model.resource.v1.DeviceAttribute;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceConstraint;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// A claim's wish that an attribute is the same for some of its devices, or another one for each. Follows the search:
/// devices are added and taken away again, the last one first.
final class AttributeConstraint {
    private final List<String> requests;
    private final String attribute;
    private final boolean wantsSame;
    private final List<DeviceAttribute> values = new ArrayList<>();

    private AttributeConstraint(List<String> requests, String attribute, boolean wantsSame) {
        this.requests = requests;
        this.attribute = attribute;
        this.wantsSame = wantsSame;
    }

    /// @param described the claim and the constraint's number, for messages
    /// @throws IllegalStateException when it is of a kind that is not known
    static AttributeConstraint of(DeviceConstraint constraint, String described) {
        if (constraint.getMatchAttribute() != null) {
            return new AttributeConstraint(constraint.getRequests(), constraint.getMatchAttribute(), true);
        }
        if (constraint.getDistinctAttribute() != null) {
            return new AttributeConstraint(constraint.getRequests(), constraint.getDistinctAttribute(), false);
        }
        throw new IllegalStateException(described + ": empty constraint (unsupported constraint type?)");
    }

    /// @return false when the device cannot join those that are there; then nothing has changed
    boolean add(Wanted wanted, OfferedDevice device) {
        if (!isAbout(wanted)) {
            return true;
        }
        Optional<DeviceAttribute> value = device.attribute(attribute);
        boolean fits = value.isPresent()
                && (wantsSame
                        ? values.isEmpty() || values.getFirst().equals(value.get())
                        : !values.contains(value.get()));
        if (fits) {
            values.add(value.get());
        }
        return fits;
    }

    /// Undoes the last [#add] that said yes.
    void removeLast(Wanted wanted) {
        if (isAbout(wanted)) {
            values.removeLast();
        }
    }

    private boolean isAbout(Wanted wanted) {
        return requests.isEmpty() || wanted.isNamedIn(requests);
    }
}
