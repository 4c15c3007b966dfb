"""Names of columns that are no stains: ids, age, sex, site, H&E features, whole panels, in the languages of laboratories."""

from __future__ import annotations

import re
import unicodedata

from imtdx.batch.roles import Role
from imtdx.notation import read_legend

__all__ = ["ID", "PANEL", "PATIENT", "SAMPLE", "context_role", "id_name", "key", "panel_name"]

ID = (
    "case_id", "case", "caseid", "case_no", "case_number", "id", "record_id", "patient_id", "patient", "sample_id",
    "specimen_id", "accession", "patient_identifier", "sample_identifier", "sample", "specimen", "accession_number",
    "fallnummer", "fall_nr", "fall_id", "fall", "histologienummer", "histo_nr", "eingangsnummer", "journalnummer",
    "patienten_id", "patientennummer", "numero_de_caso", "numero_caso", "n_caso", "n_de_caso", "no_caso", "nro_caso",
    "id_caso", "caso", "id_paciente", "paciente", "historia_clinica", "numero_de_cas", "numero_du_cas", "numero_cas",
    "n_cas", "n_de_cas", "no_cas", "id_cas", "cas", "id_patient", "numero_di_caso", "numero_del_caso", "caso_n", "caso_no",
    "id_paziente", "paziente", "numero_do_caso", "病例号", "病例编号", "病例序号", "病例id", "病例", "病理号", "病理编号", "住院号", "患者编号", "患者id",
    "病人编号", "标本号", "序号", "编号", "病例號", "病例編號", "病理號", "編號", "症例番号", "症例id", "症例no", "症例", "患者番号", "患者no", "検体番号", "病理番号",
)  # fmt: skip
#: One tumour each, where a patient has several.
SAMPLE = ("sample_id", "sample_identifier", "specimen_id", "sample", "specimen", "accession", "accession_number")
PATIENT = ("patient_id", "patient_identifier", "patient", "id_paciente", "id_patient", "id_paziente", "patienten_id")
_AGE_UNITS = {
    **dict.fromkeys(("m", "mo", "mos", "month", "months", "monate", "monaten", "meses", "mois", "mesi", "月", "个月", "月齢", "月数"), "months"),
    **dict.fromkeys(("w", "week", "weeks", "wochen", "semanas", "semaines", "settimane", "周", "週"), "weeks"),
    **dict.fromkeys(("d", "day", "days", "tage", "tagen", "dias", "jours", "giorni", "天", "日"), "days"),
    **dict.fromkeys(("y", "yr", "yrs", "year", "years", "j", "jahre", "jahren", "anos", "ans", "anni", "a", "岁", "歲", "歳", "才", "年"), ""),
}  # fmt: skip
_AGE = re.compile(
    r"(?:(?:patient_)?age|alter|edad|eta|idade|leeftijd|年龄|年齡|年齢|患者年龄|患者年齢)"
    r"(?:_?(?:at|bei|al|au|alla|a_la|ao|en_el|beim|du|del|de_la|della)_(?:the_)?(?:diagnosis|surgery|presentation|biopsy|operation|diagnose|"
    r"diagnosestellung|op|erstdiagnose|diagnostico|diagnostic|diagnosi|cirugia|chirurgie|momento_del_diagnostico|patient|patienten|"
    r"paciente|paziente))?"
    rf"(?:_(?:in_|en_)?(?P<unit>{'|'.join(sorted(_AGE_UNITS, key=len, reverse=True))}))?"
    r"|(?:诊断年龄|确诊年龄|发病年龄|手术年龄|診断時年齢|発症年齢|手術時年齢|診斷年齡)(?:_(?P<unit2>岁|歲|歳|月|个月))?"
)
_SEX = (
    "sex", "gender", "geschlecht", "sexo", "sexe", "sesso", "genero", "genre", "genere", "geslacht", "性别", "性別", "患者性别",
)  # fmt: skip
_SITE = (
    "site", "location", "tumour_site", "tumor_site", "anatomic_site", "anatomical_site", "primary_site", "site_of_tumour",
    "site_of_tumor", "localisation", "localization", "topography", "anatomic_location", "tumour_location", "tumor_location",
    "lokalisation", "tumorlokalisation", "lokalisation_des_tumors", "lokalisierung", "sitz", "tumorsitz", "organ",
    "localizacion", "localizacion_del_tumor", "localizacion_tumoral", "localizacion_anatomica", "sitio", "sitio_anatomico", "ubicacion",
    "organo", "localisation_tumorale", "localisation_de_la_tumeur", "siege", "siege_de_la_tumeur", "site_anatomique", "organe",
    "localizzazione", "sede", "sede_del_tumore", "sede_anatomica", "localizacao", "topografia", "topographie",
    "部位", "发病部位", "肿瘤部位", "病变部位", "原发部位", "取材部位", "發病部位", "腫瘤部位", "腫瘍部位", "発生部位", "原発部位", "病変部位", "臓器",
)  # fmt: skip
_MORPHOLOGY = (
    "morphology", "h_e", "he", "h_e_features", "histologic_features", "histological_features", "morphologie", "morfologia",
)  # fmt: skip
_COMPLETE = ("complete", "panel_is_complete", "all_stains_told")
PANEL = (
    "panel", "ihc", "ihc_panel", "immunohistochemistry", "immunophenotype", "immunoprofile", "panel_text", "immunhistochemie",
    "immunhistologie", "immunphanotyp", "inmunohistoquimica", "immunohistochimie", "immunoistochimica", "imunohistoquimica",
    "免疫组化", "免疫组化结果", "免疫组织化学", "免疫組化", "免疫組織化学", "免疫染色", "免疫染色結果", "免疫組織化學",
)  # fmt: skip


def key(header: str) -> str:
    """A header without case, accents, spaces and signs, ``"Age (years)"`` -> ``"age_years"``, ``"Âge"`` -> ``"age"``."""
    plain = unicodedata.normalize("NFKD", header.casefold())
    plain = unicodedata.normalize("NFC", "".join(c for c in plain if not "\u0300" <= c <= "\u036f"))
    return re.sub(r"[\W_]+", "_", plain).strip("_")


def id_name(header: str) -> bool:
    """Whether a header names cases."""
    return key(header) in ID


def panel_name(header: str) -> bool:
    """Whether a name is one of a whole panel in words."""
    return key(header) in PANEL


def context_role(header: str) -> Role | None:
    """The role of a header that names age, sex, site or morphology."""
    rest, _, codes = read_legend(header)
    name = key(rest)
    age = _AGE.fullmatch(name)
    if age:
        return Role("age", unit=_AGE_UNITS.get(age["unit"] or age["unit2"] or "", ""), codes=codes)
    if name in _COMPLETE:
        # REDCap labels the state of its entry form "Complete?"
        return Role("ignore" if "?" in header else "complete", codes=codes)
    for kind, names in (("sex", _SEX), ("site", _SITE), ("morphology", _MORPHOLOGY)):
        if name in names:
            return Role(kind, codes=codes)
    return None
